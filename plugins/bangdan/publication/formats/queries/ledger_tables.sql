-- Tables of what was released when and why, of the ranks that restatements changed, of what the figures mean, and of the
-- database itself.
create table history.releases (
    ranking_month varchar,
    release varchar,
    number integer,
    method_version varchar,
    known_at timestamp,
    published_on date,
    reason varchar,
    note varchar,
    units_changed integer,
    data_digest varchar,
    code_version varchar,
    is_latest boolean
);

create table history.restated_ranks (
    ranking_month varchar,
    release varchar,
    ranking_list varchar,
    dimension varchar,
    unit_id varchar,
    unit_name varchar,
    rank_before integer,
    rank integer,
    score_before decimal(6, 2),
    score decimal(6, 2),
    change_points decimal(20, 12)
);

create table history.metrics (
    metric varchar,
    table_name varchar,
    column_name varchar,
    definition varchar,
    definition_en varchar,
    condition varchar,
    query varchar
);

create table history.about (
    schema_version varchar,
    releases integer,
    latest_month varchar,
    method_version varchar,
    is_synthetic boolean,
    issuer_name varchar,
    data_licence varchar
);
