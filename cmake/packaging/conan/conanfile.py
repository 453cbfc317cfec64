# SPDX-License-Identifier: BSL-1.0
# Conan 2: conan create cmake/packaging/conan
import os

from conan import ConanFile
from conan.tools.build import check_min_cppstd
from conan.tools.cmake import CMake, CMakeDeps, CMakeToolchain
from conan.tools.files import copy, load


class SecureTunneling(ConanFile):
    name = "secure_tunneling"
    description = "AWS IoT Secure Tunneling RotateTunnelAccessToken, header-only C++17"
    license = "BSL-1.0"
    topics = ("aws", "iot", "secure-tunneling", "header-only")
    package_type = "header-library"
    settings = "os", "arch", "compiler", "build_type"
    no_copy_source = True

    @property
    def _top(self):
        return os.path.join(self.recipe_folder, "..", "..", "..")

    def set_version(self):
        header = load(self, os.path.join(self._top, "include", "secure_tunneling", "version.hpp"))
        self.version = header.split('VERSION_STRING "')[1].split('"')[0]

    def export_sources(self):
        for pattern in ("CMakeLists.txt", "LICENSE", "README.md", ".github/*.md", "include/*", "cmake/*"):
            copy(self, pattern, self._top, self.export_sources_folder)

    def requirements(self):
        self.requires("libcurl/[>=7.61]", transitive_headers=True, transitive_libs=True)
        self.requires("openssl/[>=1.1 <4]", transitive_headers=True, transitive_libs=True)
        self.requires("rapidjson/[>=1.1.0]", transitive_headers=True)

    def validate(self):
        check_min_cppstd(self, 17)

    def generate(self):
        CMakeToolchain(self).generate()
        CMakeDeps(self).generate()

    def build(self):
        cmake = CMake(self)
        cmake.configure(variables={
            "RapidJSON_INCLUDE_DIR": self.dependencies["rapidjson"].cpp_info.includedirs[0].replace("\\", "/")})

    def package(self):
        for component in ("development", "single_files", "debuggers"):
            CMake(self).install(component=component)
        copy(self, "LICENSE", self.source_folder, os.path.join(self.package_folder, "licenses"))

    def package_id(self):
        self.info.clear()

    def package_info(self):
        self.cpp_info.set_property("cmake_file_name", "secure_tunneling")
        self.cpp_info.bindirs = []
        self.cpp_info.libdirs = []
        core = self.cpp_info.components["core"]
        core.set_property("cmake_target_name", "secure_tunneling::core")
        core.set_property("pkg_config_name", "secure_tunneling_core")
        core.requires = ["rapidjson::rapidjson"]
        adapters = self.cpp_info.components["adapters"]
        adapters.set_property("cmake_target_name", "secure_tunneling::secure_tunneling")
        adapters.set_property("pkg_config_name", "secure_tunneling")
        adapters.requires = ["core", "libcurl::libcurl", "openssl::crypto"]
        for component in (core, adapters):
            component.bindirs = []
            component.libdirs = []
