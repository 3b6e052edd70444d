package normalize

// field is a top-level field of the common schema that the package looks at. Its
// place is noted when a record is parsed, so that reading it costs nothing.
type field uint8

const (
	noField field = iota
	fieldID
	fieldRecordType
	fieldRecordNumber
	fieldCreationTime
	fieldOperation
	fieldWorkload
	fieldUserType
	fieldOrganizationID
	fieldCount
)

// fieldOf finds the field of a name. Names are case-exact: the service writes
// them in one way only.
func fieldOf(name []byte) field {
	switch string(name) {
	case "Id":
		return fieldID
	case "RecordType":
		return fieldRecordType
	case "RecordNumber":
		return fieldRecordNumber
	case "CreationTime":
		return fieldCreationTime
	case "Operation":
		return fieldOperation
	case "Workload":
		return fieldWorkload
	case "UserType":
		return fieldUserType
	case "OrganizationId":
		return fieldOrganizationID
	default:
		return noField
	}
}

// mandatory are the fields that Microsoft's common schema promises in every
// record. Nested objects have one or two of these names, never many.
var mandatory = [...]field{
	fieldID, fieldRecordType, fieldCreationTime, fieldOperation, fieldWorkload, fieldUserType, fieldOrganizationID,
}

// looksLikeRecord reports whether the object just parsed has so many of the
// mandatory fields that it can only be a record of its own.
func (t *tape) looksLikeRecord() bool {
	n := 0
	for _, f := range mandatory {
		if t.fields[f] != 0 {
			n++
		}
	}
	return n >= 3
}
