/*
about = "every schema, table, view and column of the file is described, with a unit, and nothing is described that is not there"
ernst = "fout"
*/
with kolom as (
    select
        concat(schema_name, '.', table_name) as tabel,
        column_name as kolomnaam,
        data_type as soort,
        comment
    from duckdb_columns()
    where database_name = current_database() and not internal
)

select
    'niet beschreven' as fout,
    kolom.tabel,
    kolom.kolomnaam
from kolom
left join meta.dictionary as woord on kolom.tabel = woord.tabel and kolom.kolomnaam = woord.kolomnaam
where woord.kolomnaam is null or kolom.comment is null or kolom.soort != woord.type
union all
select
    'beschreven, maar er niet' as fout,
    woord.tabel,
    woord.kolomnaam
from meta.dictionary as woord
left join kolom on woord.tabel = kolom.tabel and woord.kolomnaam = kolom.kolomnaam
where kolom.kolomnaam is null
union all
select
    'zonder eenheid of betekenis' as fout,
    tabel,
    kolomnaam
from meta.dictionary
where trim(eenheid) = '' or trim(betekenis) = ''
union all
select
    'tabel niet beschreven' as fout,
    kolom.tabel,
    null as kolomnaam
from kolom
left join meta.tabellen as tabel on kolom.tabel = tabel.tabel
where tabel.tabel is null
union all
select
    'schema niet beschreven' as fout,
    kolom.tabel,
    null as kolomnaam
from kolom
left join meta.schemas as naam on split_part(kolom.tabel, '.', 1) = naam.schema_naam
where naam.schema_naam is null
