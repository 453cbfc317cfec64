# SPDX-License-Identifier: BSL-1.0
"""Shows the values of secure_tunneling in gdb by what they mean, and secrets by their size alone.

    (gdb) source /usr/share/secure_tunneling/gdb/secure_tunneling.py

`print /r` shows a value as it is laid out, a secret too; so does a view that `Secret::expose()` gave.
"""
import gdb
import gdb.printing
import gdb.types


class SecretPrinter:
    def __init__(self, value):
        self._value = value

    def to_string(self):
        return f"secret of {int(self._value['size_'])} characters"


class KeptBackPrinter:
    """What holds the bytes of a key, or of a text that may have one."""

    def __init__(self, value):
        pass

    def to_string(self):
        return "kept back"


class NamePrinter:
    """A name with a value that may be a secret."""

    def __init__(self, value):
        self._value = value

    def to_string(self):
        return f"{self._value['name'].format_string()} = kept back"


class EnumPrinter:
    def __init__(self, value):
        self._value = value

    def to_string(self):
        for field in self._value.type.strip_typedefs().fields():
            if field.enumval == int(self._value):
                return field.name.rpartition("::")[2]
        return str(int(self._value))


class ClientModePrinter:
    def __init__(self, value):
        self._value = value

    def to_string(self):
        return self._value["name_"]


class ErrorPrinter:
    """The kind, the delivery, and what else is set."""

    def __init__(self, value):
        self._value = value

    def children(self):
        for field in self._value.type.strip_typedefs().fields():
            member = self._value[field]
            text = member.format_string()
            if field.name in ("kind", "delivery") or not (text in ("0", '""') or "no contained value" in text):
                yield field.name, member


class ResultPrinter:
    def __init__(self, value):
        self._has_value = True
        self._value = None
        is_void = not gdb.types.has_field(value.type.strip_typedefs(), "hasValue_")
        if not is_void and value["hasValue_"]:
            self._value = value["value_"]
            return
        error = value["error_"]["object_"]
        self._has_value = is_void and int(error) == 0
        if int(error) != 0:
            self._value = error.dereference()

    def to_string(self):
        if self._value is None:
            return "success" if self._has_value else "moved from"
        return None

    def children(self):
        if self._value is not None:
            yield "value" if self._has_value else "error", self._value


def build():
    printers = gdb.printing.RegexpCollectionPrettyPrinter("secure_tunneling")
    for name, printer in (
        (r"Secret", SecretPrinter),
        (r"sigv4::SigningKey", KeptBackPrinter),
        (r"sigv4::detail::(?:Hmac<.*>|PieceBuffer)", KeptBackPrinter),
        (r"(?:HttpHeader|detail::SharedProperty)", NamePrinter),
        (r"(?:ErrorKind|Delivery)", EnumPrinter),
        (r"ClientMode", ClientModePrinter),
        (r"Error", ErrorPrinter),
        (r"Result<.*>", ResultPrinter),
    ):
        # With the inline namespace of a version, or of none.
        printers.add_printer(name, rf"^secure_tunneling::(?:v\d+(?:_\d+)?::)?{name}$", printer)
    return printers


gdb.printing.register_pretty_printer(None, build(), replace=True)
