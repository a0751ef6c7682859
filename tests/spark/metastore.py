"""Tables as a catalog has them, in the metastore of a test's Spark."""

import itertools

_numbers = itertools.count()


def quoted(text):
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def properties(pairs):
    return ", ".join(f"{quoted(name)} = {quoted(value)}" for name, value in pairs.items())


def columns(listed):
    return ", ".join(f"`{column['Name']}` {column['Type']}" for column in listed)


def definition(name, table):
    """Hive's CREATE TABLE for what GetTable answers."""
    storage, keys = table["StorageDescriptor"], table["PartitionKeys"]
    serde = storage["SerdeInfo"]
    options = f" WITH SERDEPROPERTIES ({properties(serde['Parameters'])})" if serde.get("Parameters") else ""
    parameters = {key: value for key, value in table["Parameters"].items() if key != "EXTERNAL"}
    return (
        f"CREATE EXTERNAL TABLE {name} ({columns(storage['Columns'])})"
        + (f" PARTITIONED BY ({columns(keys)})" if keys else "")
        + f" ROW FORMAT SERDE {quoted(serde['SerializationLibrary'])}{options}"
        f" STORED AS INPUTFORMAT {quoted(storage['InputFormat'])} OUTPUTFORMAT {quoted(storage['OutputFormat'])}"
        f" LOCATION {quoted(storage['Location'])} TBLPROPERTIES ({properties(parameters)})"
    )


def new_name():
    return f"exported_{next(_numbers)}"


def register(spark, table):
    """The table in the metastore, and its name there. Spark refuses to be told properties of its own, so they come behind its back."""
    name = new_name()
    of_others = {key: value for key, value in table["Parameters"].items() if not key.startswith("spark.sql.")}
    spark.sql(definition(name, table | {"Parameters": of_others}))
    hive = spark._jsparkSession.sharedState().externalCatalog().unwrapped().client()
    stored = hive.getTable("default", name)
    fields = [stored.productElement(at) for at in range(stored.productArity())]
    fields[fields.index(stored.properties())] = spark._jvm.PythonUtils.toScalaMap(table["Parameters"])
    hive.alterTable("default", name, stored.copy(*fields))
    return name
