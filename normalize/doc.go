// Package normalize turns the content of the Office 365 Management Activity API
// into records that are ready to be encoded.
//
// A [Splitter] reads one blob, a stream of bytes, and gives one [Raw] record
// after the other. It is the only holder of a blob's bytes and keeps no more of
// them than the record in hand. A [Normalizer] makes a [Record] of each: the
// Interflow layer (msg_class, tenant_name, timestamp, …) first, then every
// original field, verbatim and in its order. A Record is a flat list of [Node]s
// that an encoder runs through once; nothing is parsed again and nothing is
// allocated per record.
//
//	split := normalize.NewSplitter(body, maxRecordBytes)
//	for {
//		raw, err := split.Next()
//		if err != nil {
//			break // io.EOF: the blob is complete
//		}
//		rec := normalizer.Record(raw, source, received)
//		buf = msgpack.AppendEvent(buf, rec)
//	}
//
// That is the format interflow. What other formats make of a record is a shape of
// its own each (shape.go): raw has the originals alone, ecs the fields of Elastic's
// common schema with the originals in o365.audit. All of them read the same rules.
//
// The layer is made of rules, one file for each idea: who (identity.go), from
// where (address.go), how it went (outcome.go), and so on. A rule reads original
// fields that the parser has found, writes nothing where they say nothing, and
// gives a field one type whatever the service writes: a scalar becomes a string,
// a size or a count a whole number, a list stays a list. The helper objects under
// office365 are the exception that their form brings: a name that comes twice has
// a list of its values.
//
// What is said of the layer so far is the format interflow. Each format is a shape
// (shape.go): the functions that write a record, an undecodable text, a merged
// alert and a bundle. The format ocsf (ocsf.go) has tables of record types and
// operations (ocsffamilies.go), one file for each family of classes, and a rule
// for the rest: a value that stands in an attribute whole is claimed, all others
// go to unmapped.
//
// Text that is no record costs no other record: it becomes a Record too, with
// the text, what is wrong with it and where it was.
//
// A [Merger] brings the records of one alert together. It takes the [AlertNote] of
// each record of the alert family and says when an alert is complete; a Normalizer
// makes a record of the [MergedAlert] with Alert, and with Bundle one that holds
// the originals. What it has to remember goes out as changes of a saved state.
//
//	if note, ok := rec.AlertNote(); ok {
//		changes := merger.Note(note, arrival) // stored with the record
//	}
//	for _, e := range merger.Due(now, done) { // again, until there are none
//		rec := normalizer.Alert(&e.Alert, now) // stored with e.Changes
//	}
//
// The package is pure: no I/O of its own, no clock, no goroutine. A Splitter, a
// Normalizer and a Merger belong to one goroutine each. What they return is borrowed: a Raw until
// the next Next, a Record until the next Record of its Normalizer or the next
// Next of the Splitter that its Raw came from.
package normalize
