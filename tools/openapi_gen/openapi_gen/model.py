"""Reads the description and the overrides into plain data that the emitters print.

Anything the emitters could not honour is an error here, so that a description never means more than the code does.
"""

from dataclasses import dataclass, field

from openapi_gen.names import pascal, snake

METHODS = ("get", "head", "put", "post", "delete", "patch")
SCHEMA_PREFIX = "#/components/schemas/"
PARAMETER_PREFIX = "#/components/parameters/"
IGNORED_SCHEMA_KEYS = {"description", "deprecated", "example", "title"}
RULE_KEYS = {
    "minimum": "min",
    "maximum": "max",
    "minLength": "length_min",
    "maxLength": "length_max",
    "minItems": "items_min",
    "maxItems": "items_max",
    "pattern": "pattern",
}


class SpecError(Exception):
    """The description or the overrides cannot be turned into code."""


@dataclass(frozen=True)
class Type:
    cpp: str
    kind: str  # string int double bool time json enum struct text vector map
    name: str = ""  # of an enum or struct
    inner: "Type | None" = None

    def names(self):
        """Enums and structs this type is made of."""
        if self.inner:
            return self.inner.names()
        return [self.name] if self.name else []


@dataclass
class Field:
    wire: str
    cpp: str
    type: Type
    required: bool
    nullable: bool
    default: object  # None: no default
    rules: dict

    @property
    def optional(self):
        return (not self.required and self.default is None) or self.nullable


@dataclass
class Struct:
    name: str
    fields: list
    schema: str
    comparable: bool = True


@dataclass
class Enum:
    name: str
    values: tuple


@dataclass
class Alias:
    name: str
    type: Type


@dataclass
class Param:
    wire: str
    cpp: str
    place: str  # path query header
    type: Type
    required: bool
    allow_empty: bool
    default: object
    rules: dict

    @property
    def optional(self):
        return not self.required and self.default is None and self.type.kind != "vector"


@dataclass
class Body:
    kind: str  # json stream
    type: "Type | None"
    schema: str
    required: bool
    content_types: list


@dataclass
class Operation:
    name: str
    tag: str
    method: str
    path: str
    params: list
    body: "Body | None"
    security: str  # open anonymous authenticated
    response: str  # none json text stream
    response_type: "Type | None"
    status: int
    content_type: str
    body_size_bytes_max: int
    deprecated: bool
    actions: list
    event: str

    @property
    def pascal(self):
        return pascal(self.name)

    @property
    def snake(self):
        return snake(self.name)

    @property
    def path_params(self):
        return [p for p in self.params if p.place == "path"]


@dataclass
class Api:
    base_path: str = ""
    enums: dict = field(default_factory=dict)
    structs: dict = field(default_factory=dict)
    aliases: dict = field(default_factory=dict)
    order: list = field(default_factory=list)  # structs and aliases, dependencies first
    operations: list = field(default_factory=list)
    includes: set = field(default_factory=set)


class Reader:
    def __init__(self, spec, overrides):
        self.spec = spec
        self.schemas = spec.get("components", {}).get("schemas", {})
        self.parameters = spec.get("components", {}).get("parameters", {})
        known = {"types", "enums", "operations", "defaults", "access"}
        if set(overrides) - known:
            raise SpecError(f"overrides: unknown keys {sorted(set(overrides) - known)}")
        self.types = overrides.get("types") or {}
        self.enum_overrides = overrides.get("enums") or {}
        self.operation_overrides = overrides.get("operations") or {}
        self.defaults = overrides.get("defaults") or {}
        self.access = overrides.get("access") or {}
        self.used = set()
        self.visiting = []
        self.api = Api()

    def read(self):
        servers = self.spec.get("servers") or [{"url": ""}]
        self.api.base_path = servers[0]["url"].rstrip("/")
        for name in self.schemas:
            self.named(name)
        for path, item in self.spec["paths"].items():
            shared = item.get("parameters", [])
            for method in item:
                if method == "parameters":
                    continue
                if method not in METHODS:
                    raise SpecError(f"{path}: unknown method {method}")
                self.api.operations.append(self.operation(path, method, item[method], shared))
        seen = set()
        for operation in self.api.operations:
            if operation.snake in seen:
                raise SpecError(f"two operations are called {operation.snake}")
            seen.add(operation.snake)
        unused = (set(self.types) | set(self.enum_overrides) | set(self.operation_overrides)) - self.used
        unused |= set(self.access) - {operation.name for operation in self.api.operations}
        if unused:
            raise SpecError(f"overrides name what is not there: {sorted(unused)}")
        return self.api

    # Schemas

    def named(self, name):
        """The type of components/schemas/<name>."""
        if name not in self.schemas:
            raise SpecError(f"no schema {name}")
        if name in self.visiting:
            raise SpecError(f"recursive schema {' -> '.join(self.visiting + [name])}")
        if name in self.api.structs:
            return Type(f"dto::{name}", "struct", name)
        if name in self.api.aliases:
            return self.api.aliases[name].type
        self.visiting.append(name)
        result = self.define(name, self.flatten(self.schemas[name], name), SCHEMA_PREFIX + name)
        self.visiting.pop()
        return result

    def define(self, name, schema, reference):
        """Makes a struct, or an alias of a container, of a schema with a name of its own."""
        if schema.get("properties"):
            required = set(schema.get("required", []))
            missing = required - set(schema["properties"])
            if missing or schema.get("additionalProperties"):
                raise SpecError(f"{name}: required without property {sorted(missing)}, or additionalProperties too")
            fields = [
                self.property(name, wire, sub, wire in required) for wire, sub in schema["properties"].items()
            ]
            if len({f.cpp for f in fields}) != len(fields):
                raise SpecError(f"{name}: two properties have the same C++ name")
            struct = Struct(name, fields, reference)
            struct.comparable = all(self.comparable(f.type) for f in fields)
            self.api.structs[name] = struct
            self.api.order.append(struct)
            return Type(f"dto::{name}", "struct", name)
        inner = self.type_of(schema, name)
        alias = Alias(name, inner)
        self.api.aliases[name] = alias
        self.api.order.append(alias)
        return inner

    def comparable(self, type_):
        if type_.inner:
            return self.comparable(type_.inner)
        if type_.kind == "struct":
            return self.api.structs[type_.name].comparable
        return type_.cpp != "tarn::Secret"

    def property(self, owner, wire, schema, required):
        schema = schema or {}
        type_ = self.type_of(schema, f"{owner}.{wire}")
        default = schema.get("default")
        if default is not None and required:
            default = None  # a required property is never filled in
        return Field(wire, snake(wire), type_, required, bool(schema.get("nullable")), default, self.rules(schema))

    def flatten(self, schema, where):
        """Merges allOf into one object."""
        if "allOf" not in schema:
            return schema
        merged = {"type": "object", "properties": {}, "required": []}
        for part in schema["allOf"]:
            if "$ref" in part:
                part = self.flatten(self.schemas[part["$ref"].removeprefix(SCHEMA_PREFIX)], where)
            if set(part) - IGNORED_SCHEMA_KEYS - {"type", "properties", "required"}:
                raise SpecError(f"{where}: cannot merge {part}")
            merged["properties"].update(part.get("properties", {}))
            merged["required"] += part.get("required", [])
        return merged

    def rules(self, schema):
        return {RULE_KEYS[key]: schema[key] for key in RULE_KEYS if key in schema}

    def type_of(self, schema, where):
        if where in self.types:
            self.used.add(where)
            override = self.types[where]
            if schema.get("type") != "string":
                raise SpecError(f"{where}: only strings can be overridden")
            if "include" in override:
                self.api.includes.add(override["include"])
            return Type(override["type"], "text")
        if "$ref" in schema:
            return self.named(schema["$ref"].removeprefix(SCHEMA_PREFIX))
        allowed = IGNORED_SCHEMA_KEYS | set(RULE_KEYS) | {
            "type", "format", "enum", "items", "properties", "additionalProperties", "required", "nullable", "default",
        }
        if set(schema) - allowed:
            raise SpecError(f"{where}: unknown schema keys {sorted(set(schema) - allowed)}")
        kind = schema.get("type")
        if kind == "string" and "enum" in schema:
            return self.enum(schema["enum"], where)
        if kind == "string" and schema.get("format") == "date-time":
            return Type("WallTime", "time")
        if kind == "string":
            return Type("std::string", "string")
        if kind == "integer":
            return Type("std::int64_t", "int")
        if kind == "number":
            return Type("double", "double")
        if kind == "boolean":
            return Type("bool", "bool")
        if kind == "array":
            item = self.type_of(schema["items"], where + "[]")
            if item.kind == "bool":
                raise SpecError(f"{where}: std::vector<bool> is no array")
            return Type(f"std::vector<{item.cpp}>", "vector", inner=item)
        if kind == "object":
            extra = schema.get("additionalProperties")
            if isinstance(extra, dict):
                item = self.type_of(extra, where + "{}")
                return Type(f"std::map<std::string, {item.cpp}>", "map", inner=item)
            if schema.get("properties"):
                return self.define(pascal(where), schema, "")
            return Type("Json", "json")
        raise SpecError(f"{where}: unknown type {kind}")

    def enum(self, values, where):
        override = self.enum_overrides.get(where, {})
        self.used.add(where)
        name = override.get("name", pascal(where))
        values = tuple(values) + tuple(override.get("add", ()))
        known = self.api.enums.setdefault(name, Enum(name, values))
        if known.values != values:
            raise SpecError(f"{where}: {name} already has the values {known.values}")
        return Type(f"dto::{name}", "enum", name)

    # Operations

    def operation(self, path, method, raw, shared):
        name = raw["operationId"]
        override = self.operation_overrides.get(name, {})
        self.used.add(name)
        known = {"tag", "status", "response", "content_type", "body_size_bytes_max"}
        if set(override) - known:
            raise SpecError(f"{name}: unknown overrides {sorted(set(override) - known)}")
        params = [self.param(name, p) for p in shared + raw.get("parameters", [])]
        order = [part[1:-1] for part in path.split("/") if part.startswith("{")]
        by_place = {"path": [], "query": [], "header": []}
        for param in params:
            by_place[param.place].append(param)
        if sorted(p.wire for p in by_place["path"]) != sorted(order):
            raise SpecError(f"{name}: path parameters do not fit {path}")
        by_place["path"].sort(key=lambda p: order.index(p.wire))
        params = by_place["path"] + by_place["query"] + by_place["header"]
        names = [p.cpp for p in params] + ["body"]
        if len(set(names)) != len(names):
            raise SpecError(f"{name}: two parameters have the same C++ name")
        body = self.body(name, raw)
        status, response, type_, content_type = self.response(name, raw, override)
        security, access = self.access_of(name, raw)
        limit = 0
        if body and body.kind == "json":
            limit = override.get("body_size_bytes_max", self.defaults.get("body_size_bytes_max", 1 << 20))
        return Operation(
            name=name,
            tag=override.get("tag", raw["tags"][0]),
            method=method,
            path=path,
            params=params,
            body=body,
            security=security,
            response=response,
            response_type=type_,
            status=status,
            content_type=content_type,
            body_size_bytes_max=limit,
            deprecated=bool(raw.get("deprecated")),
            actions=access.get("actions", []),
            event=access.get("event", ""),
        )

    def access_of(self, name, raw):
        """Security and row of the access table; a forgotten row must not mean that everybody may."""
        is_open = raw.get("security", self.spec.get("security")) == []
        row = self.access.get(name)
        if row is None:
            if not is_open:
                raise SpecError(f"{name}: no row under access")
            return "open", {}
        if set(row) - {"actions", "event", "anonymous"}:
            raise SpecError(f"{name}: unknown keys under access {sorted(row)}")
        if is_open and (row.get("actions") or row.get("anonymous")):
            raise SpecError(f"{name}: open to all, yet access has conditions")
        if is_open:
            return "open", row
        return "anonymous" if row.get("anonymous") else "authenticated", row

    def param(self, operation, raw):
        if "$ref" in raw:
            raw = self.parameters[raw["$ref"].removeprefix(PARAMETER_PREFIX)]
        if raw["in"] not in ("path", "query", "header") or raw.get("style") or raw.get("explode") is False:
            raise SpecError(f"{operation}: cannot bind {raw}")
        schema = raw["schema"]
        type_ = self.type_of(schema, f"{operation}.{raw['name']}")
        if type_.kind in ("struct", "map", "json", "double") or (
            type_.kind == "vector" and (raw["in"] != "query" or type_.inner.kind != "string")
        ):
            raise SpecError(f"{operation}: cannot bind {raw}")
        return Param(
            wire=raw["name"],
            cpp=snake(raw["name"]),
            place=raw["in"],
            type=type_,
            required=bool(raw.get("required")),
            allow_empty=bool(raw.get("allowEmptyValue")),
            default=schema.get("default"),
            rules=self.rules(schema),
        )

    def body(self, operation, raw):
        body = raw.get("requestBody")
        if not body:
            return None
        content = body["content"]
        required = bool(body.get("required"))
        if raw.get("x-validation-exclude-body") or "application/json" not in content:
            return Body("stream", None, "", required, list(content))
        schema = content["application/json"]["schema"]
        reference = schema.get("$ref", "")
        return Body("json", self.type_of(schema, f"{pascal(operation)}Body"), reference, required, ["application/json"])

    def response(self, operation, raw, override):
        success = sorted(code for code in raw["responses"] if str(code).startswith("2"))
        if not success and "status" not in override:
            raise SpecError(f"{operation}: no success status")
        content = raw["responses"][success[0]].get("content", {}) if success else {}
        status = override.get("status", int(success[0]) if success else 0)
        media = next(iter(content), "")
        type_ = None
        if "response" in override:
            kind = override["response"]
        elif not content or status == 204:
            kind = "none"
        elif "application/json" in content:
            kind, media = "json", "application/json"
        elif media.startswith("text/"):
            kind = "text"
        else:
            kind = "stream"
        if kind == "json":
            type_ = self.type_of(content["application/json"]["schema"], f"{pascal(operation)}Response")
        if kind not in ("none", "json", "text", "stream"):
            raise SpecError(f"{operation}: unknown response {kind}")
        return status, kind, type_, "" if kind == "none" else override.get("content_type", media)
