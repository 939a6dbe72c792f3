"""Finds the side effects of a query, as far as its text shows them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from railguard_validators._sql.reading import where
from railguard_validators._wording import shown

__all__ = ["Finding", "side_effects"]

Finding = tuple[str, tuple[int, int] | None]
"""(what the query does, where)"""

_FUNCTION_NAMES = """
pg_read_file pg_read_binary_file pg_ls_dir pg_ls_logdir pg_ls_waldir pg_ls_tmpdir pg_stat_file lo_import lo_export
lo_put lo_create lo_creat lo_unlink lo_from_bytea load_file bfilename readfile writefile edit load_extension
fts3_tokenizer read_csv read_csv_auto read_json read_json_auto read_json_objects read_ndjson read_ndjson_auto
read_parquet parquet_scan read_text read_blob read_xlsx sniff_csv query_to_xml query_to_xmlschema
query_to_xml_and_xmlschema cursor_to_xml table_to_xml schema_to_xml database_to_xml openrowset openquery
opendatasource external_query sys_exec sys_eval httpuritype set_config setval nextval pg_sleep pg_sleep_for
pg_sleep_until sleep sleepeachrow benchmark get_lock release_lock release_all_locks pg_notify pg_terminate_backend
pg_cancel_backend pg_reload_conf pg_rotate_logfile pg_switch_wal pg_create_restore_point pg_promote
pg_export_snapshot setseed loread lowrite ts_stat ts_rewrite connectby brin_summarize_new_values
brin_summarize_range brin_desummarize_range gin_clean_pending_list source_pos_wait master_pos_wait
wait_for_executed_gtid_set wait_until_sql_thread_after_gtids sys_set fsdir zipfile fn_get_audit_file fn_trace_gettable
fn_xe_file_target_read_file fn_dump_dblog java_method reflect try_reflect reflect2 getenv http_get http_post http_put
http_delete http_patch
"""
_FUNCTIONS = frozenset(_FUNCTION_NAMES.split())
_PREFIX_NAMES = """
dblink xp_ crosstab query_to_xml cursor_to_xml table_to_xml schema_to_xml database_to_xml lo_ pg_advisory_
pg_try_advisory_ pg_stat_reset pg_replication_ pg_logical_ pg_create_ pg_drop_ pg_copy_ pg_file_ pg_read_ pg_ls_
pg_log_ pg_start_backup pg_stop_backup pg_backup_ pg_wal_replay_ pg_import_ pg_sync_ pg_restore_ pg_clear_ pg_set_
system$wait system$cancel system$abort system$send system$user_task system$pipe_force system$set system$unset
system$enable system$disable system$execute system$request system$revoke system$global_account_set
"""
_PREFIXES = tuple(_PREFIX_NAMES.split())
_PACKAGES = ("utl_", "dbms_")
_SOURCE_NAMES = """
file filecluster url urlcluster s3 s3cluster gcs hdfs hdfscluster azureblobstorage remote remotesecure cluster
clusterallreplicas jdbc odbc mysql postgresql mongodb redis sqlite executable input iceberg deltalake hudi
glob query query_table st_read st_read_meta parquet_metadata parquet_schema parquet_file_metadata parquet_kv_metadata
iceberg_metadata iceberg_snapshots sqlite_attach postgres_attach postgres_query postgres_execute mysql_query
mysql_execute sqlite_query
"""
_SOURCES = frozenset(_SOURCE_NAMES.split())
_SCANS = re.compile(r"read_\w+|\w+_scan(?:_pushdown)?")  # table functions of DuckDB and its extensions
_LOCKS = frozenset(["holdlock", "repeatableread", "serializable", "tablock", "tablockx", "updlock", "xlock"])
_NODES = {
    "Into": "it writes what it selects (INTO)",
    "Lock": "it locks rows (FOR UPDATE, FOR SHARE)",
    "Command": "it has a command in it",
    "NextValueFor": "it moves a sequence",
    "Drop": "it drops something",
    "Alter": "it alters something",
    "TruncateTable": "it empties a table",
    "Execute": "it executes something",
    "PropertyEQ": "it sets a variable (:=)",
}


def side_effects(tree: Any) -> Iterator[Finding]:
    """Yield the side effects of a query: it changes data, locks, calls a function that reads files or sleeps, reads a
    file as a table.

    >>> from railguard_validators._sql.reading import statements
    >>> [what for what, _ in side_effects(statements("SELECT pg_sleep(9) FROM '/etc/passwd'", "duckdb")[0])]
    ['it calls pg_sleep', 'it reads "/etc/passwd", which is no table']
    """
    from sqlglot import exp

    for node in tree.walk():
        name = type(node).__name__
        if name in _NODES:
            yield _NODES[name], None
        elif isinstance(node, (exp.DML, exp.DDL)) and not isinstance(node, exp.Query):
            yield f"it changes data or definitions ({node.key.upper()})", None
        elif isinstance(node, exp.Func):
            called = _called(node)
            if any(each in _FUNCTIONS or each.startswith(_PREFIXES) for each in called):
                yield f"it calls {called[0]}", None
            elif isinstance(node.parent, exp.Dot) and node.parent.this.name.lower().startswith(_PACKAGES):
                yield f"it calls {node.parent.this.name.lower()}.{called[0]}", None
            elif isinstance(node.parent, exp.Table) and any(
                each in _SOURCES or _SCANS.fullmatch(each) for each in called
            ):
                yield f"it reads from the function {called[0]}", None
        elif isinstance(node, exp.WithTableHint) and (
            hints := [one.name for one in node.expressions if one.name.lower() in _LOCKS]
        ):
            yield f"it locks rows or tables (WITH ({', '.join(hints)}))", None
        elif isinstance(node, exp.Column) and node.name.lower() == "nextval" and node.table:
            yield "it moves a sequence", where(node.this)
        elif isinstance(node, exp.Table) and not isinstance(node.this, exp.Func) and _no_table(node.this):
            yield f"it reads {shown(node.name)}, which is no table", where(node.this)


_FILES = (
    ".csv",
    ".tsv",
    ".parquet",
    ".json",
    ".jsonl",
    ".ndjson",
    ".txt",
    ".gz",
    ".zst",
    ".xlsx",
    ".orc",
    ".avro",
    ".db",
)


def _no_table(name: Any) -> bool:
    """Whether a database would read a file, a stage or another database for this table name."""
    from sqlglot import exp

    if not isinstance(name, exp.Identifier) or any(char in name.name for char in "/\\:@"):
        return True
    return bool(name.args.get("quoted")) and name.name.lower().endswith(_FILES)


def _called(node: Any) -> list[str]:
    from sqlglot import exp

    if isinstance(node, exp.Anonymous):
        return [node.name.lower()]
    return [name.lower() for name in type(node).sql_names()]
