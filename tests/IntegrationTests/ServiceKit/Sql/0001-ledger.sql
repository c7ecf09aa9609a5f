create table entries (id bigint generated always as identity, account uuid not null, number int not null);
create table facts (id bigint generated always as identity, account uuid not null, number int not null);
