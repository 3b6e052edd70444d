// Package ocsf says what is wrong with an event of the Open Cybersecurity Schema
// Framework, version 1.8.0. It is for tests.
//
// [Validate] takes an event as JSON and returns a [Problem] for each attribute
// that the class does not have, has to have, or has with another type, form or
// value; for each constraint of an object that does not hold; and for ids that do
// not fit each other (type_uid, category_uid). An attribute that belongs to a
// profile counts only when metadata.profiles names that profile: without it, it
// is unknown, and a required one is required only with it.
//
//	for _, p := range ocsf.Validate(event) {
//		t.Error(p)
//	}
//
// The schema is ocsf-1.8.0-trimmed.json; NOTICE says where it comes from and what
// it leaves out. So these are not checked: whether a name (activity_name,
// severity) is the caption of the id beside it, and whether an attribute is
// deprecated. What it does not leave out is checked more strictly than the
// framework's own server does: an integer has to fit into 32 bits, as it does in
// parquet, an address has to be one, and null is no value.
package ocsf
