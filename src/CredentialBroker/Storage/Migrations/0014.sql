-- What tells who an operator is that began something which takes a second person: subjects and e-mail addresses.
CREATE TABLE operator_marks (actor text NOT NULL, mark text NOT NULL, PRIMARY KEY (actor, mark));
