// Package ocsf says what is wrong with an event of the Open Cybersecurity Schema
// Framework, version 1.8.0. It is for tests.
//
// [Validate] takes an event as JSON and returns a [Problem] for each attribute
// that the class does not have, has to have, or has with another type, form or
// value; for each constraint of an object that does not hold; for ids that do not
// fit each other (type_uid, category_uid); and for a word that is not that of the
// id beside it (severity, activity_name). An attribute that belongs to a
// profile counts only when metadata.profiles names that profile: without it, it
// is unknown, and a required one is required only with it.
//
//	for _, p := range ocsf.Validate(event) {
//		t.Error(p)
//	}
//
// The schema is ocsf-1.8.0-trimmed.json; NOTICE says where it comes from and what
// it leaves out: the words for ids are in a table here, and whether an attribute is
// deprecated is not checked. What it does not leave out is checked more strictly than the
// framework's own server does: an integer has to fit into 32 bits, as it does in
// parquet, an address has to be one, and null is no value.
package ocsf
