// SPDX-License-Identifier: BSL-1.0
// Makes each fault happen to a call over the real transport and real sockets. What comes of it is a
// page: --write FILE writes it, --check FILE compares it.
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "faults/fault.hpp"
#include "faults/lookups.hpp"
#include "faults/outcome.hpp"
#include "support/temporary_folder.hpp"

namespace {

/// The first line in which two texts differ, of each.
std::string firstDifference(const std::string& one, const std::string& other) {
  std::istringstream left(one);
  std::istringstream right(other);
  std::string a;
  std::string b;
  for (int number = 1;; ++number) {
    const bool hasLeft = !std::getline(left, a).fail();
    const bool hasRight = !std::getline(right, b).fail();
    if (!hasLeft && !hasRight) return {};
    if (hasLeft != hasRight || a != b) {
      return "line " + std::to_string(number) + "\n  page: " + (hasLeft ? a : "(its end)") +
             "\n  run:  " + (hasRight ? b : "(its end)") + "\n";
    }
  }
}

/// One call, and where its outcome goes.
struct Job {
  const FaultCase* fault;
  bool lasts;
  Outcome outcome;
};

void runAll(std::vector<Job>& jobs) {
  const FaultCertificates certificates;
  std::atomic<std::size_t> next{0};
  std::vector<std::thread> workers;
  for (int i = 0; i != 16; ++i) {
    workers.emplace_back([&] {
      for (std::size_t job = next++; job < jobs.size(); job = next++)
        jobs[job].outcome = runFault(certificates, *jobs[job].fault, jobs[job].lasts);
    });
  }
  for (std::thread& worker : workers)
    worker.join();
}

std::string page(const std::vector<FaultSection>& sections, const std::vector<Job>& jobs) {
  std::string out = pageHead;
  std::size_t job = 0;
  for (const FaultSection& section : sections) {
    out += "\n## " + section.title + "\n\n" + tableHead;
    for (const FaultCase& fault : section.faults) {
      const Outcome& lasting = jobs[job++].outcome;
      out += "| " + fault.name + " | " + lasting.cells() + " | ";
      out += (fault.canPass ? jobs[job++].outcome.inShort() : "") + " |\n";
    }
  }
  return out + "\n" + std::to_string(jobs.size()) +
         " calls, and none lost tokens that had arrived.\n";
}

}  // namespace

int main(int argc, char** argv) {
  const std::string action = argc == 3 ? argv[1] : "";
  const bool isToBeWritten = action == "--write";
  if (!isToBeWritten && action != "--check") {
    std::cerr << "usage: fault_matrix --write|--check FILE\n";
    return EXIT_FAILURE;
  }
  const std::string file = argv[2];
  for (const char* const name : {"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy",
                                 "ALL_PROXY", "no_proxy", "NO_PROXY"}) {
    unsetenv(name);
  }
  const std::vector<FaultSection> sections{nameFaults(),     tlsFaults(),    proxyFaults(),
                                           exchangeFaults(), answerFaults(), keptConnectionFaults(),
                                           limitFaults()};
  std::vector<Job> jobs;
  for (const FaultSection& section : sections) {
    for (const FaultCase& fault : section.faults) {
      jobs.push_back({&fault, true, {}});
      if (fault.canPass) jobs.push_back({&fault, false, {}});
    }
  }
  runAll(jobs);
  releaseLookups();
  bool isWrong = false;
  for (const Job& job : jobs) {
    for (const std::string& problem : job.outcome.problems) {
      std::cerr << job.fault->name << (job.lasts ? "" : ", once") << ": " << problem << '\n';
      isWrong = true;
    }
  }
  const std::string text = page(sections, jobs);
  if (isToBeWritten) {
    std::ofstream(file, std::ios::binary) << text;
  } else if (const std::string difference = firstDifference(readFile(file), text);
             !difference.empty()) {
    std::cerr << file << " is not what the run gives: " << difference
              << "`cmake --build BUILD --target fault_matrix_page` writes it anew.\n";
    isWrong = true;
  }
  // Without its destructors: look-ups that were given up may be under way.
  _exit(isWrong ? EXIT_FAILURE : EXIT_SUCCESS);
}
