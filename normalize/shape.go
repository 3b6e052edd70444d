package normalize

// shape is what one format makes of records: all in which formats differ. Its
// functions write into the layer of a Normalizer that has the record in hand;
// what is original and where it goes is theirs to say too.
type shape struct {
	reserved []string // keys on top that are ours, beside the index key

	// begin writes what only the settings, the content type and the index decide.
	// It may leave an object open: fields, alert, bundle and undecodable go on in it.
	begin func(n *Normalizer, ct ContentType, index string)
	// fields writes what a record of the service says.
	fields func(n *Normalizer)
	// undecodable writes a text that is no record.
	undecodable func(n *Normalizer, u undecodable)
	// alert writes a merged alert. The record in hand is its base trigger, with
	// what later records said.
	alert func(n *Normalizer, a *MergedAlert)
	// bundle writes what is beside the original fields of a bundle, which is the
	// record in hand.
	bundle func(n *Normalizer)
}

// shapes has the shape of each format.
var shapes = [...]*shape{
	FormatInterflow: &interflow,
	FormatRaw:       &verbatim,
	FormatECS:       &ecs,
	FormatOCSF:      &ocsf,
}

// verbatim is the format raw: the original fields, with what tells them apart.
var verbatim = shape{
	reserved: []string{keyMsgClass, keyError, keyEvent, keyOffice365, keyAlertUID, keyAlertRevision, keyEventSummary},
	begin: func(n *Normalizer, ct ContentType, index string) {
		n.layer.word(keyMsgClass, ct.Class())
		n.indexKey(index)
	},
	fields:      (*Normalizer).displaced,
	undecodable: (*Normalizer).writeUndecodable,
	alert: func(n *Normalizer, a *MergedAlert) {
		n.alertIdentity(a)
		n.displaced()
	},
	bundle: func(*Normalizer) {},
}
