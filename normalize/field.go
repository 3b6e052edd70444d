package normalize

// field is a top-level field that a rule of the package looks at. Its place is
// noted when a record is parsed, so that finding it, or that it is not there,
// costs nothing.
type field uint8

const (
	noField field = iota
	// Of the common schema, in every record.
	fieldID
	fieldRecordType
	fieldRecordNumber
	fieldCreationTime
	fieldOperation
	fieldWorkload
	fieldUserType
	fieldOrganizationID

	// Who, from where, how it went.
	fieldUserID
	fieldUserKey
	fieldClientIP
	fieldClientIPAddress
	fieldActorIPAddress
	fieldResultStatus
	fieldLogonError
	fieldObjectID
	fieldUserAgent
	fieldClientInfoString

	// Lists of names and values.
	fieldExtendedProperties
	fieldDeviceProperties
	fieldParameters
	fieldModifiedProperties
	fieldOperationProperties

	// Files and messages.
	fieldSourceFileName
	fieldSourceFileExtension
	fieldSourceRelativeURL
	fieldFileSizeBytes
	fieldFileSize
	fieldFileExtension
	fieldFileData
	fieldURL
	fieldItem
	fieldSubject
	fieldInternetMessageID
	fieldP1Sender
	fieldP2Sender
	fieldRecipients

	// Data loss prevention.
	fieldPolicyDetails
	fieldExceptionInfo
	fieldExchangeMetaData
	fieldSharePointMetaData
	fieldEndpointMetaData
	fieldSensitiveInfoTypeData
	fieldEnforcementMode

	// Alerts, and what belongs to them.
	fieldAlertID
	fieldAlertEntityID
	fieldEntityType
	fieldAlertType
	fieldStatus
	fieldSeverity
	fieldComments
	fieldAlertLinks
	fieldSource
	fieldName
	fieldCategory
	fieldPolicyID
	fieldData

	// Of the schemas alone.
	fieldErrorNumber
	fieldCorrelationID
	fieldApplicationID
	fieldApplicationDisplayName
	fieldTarget
	fieldItemType
	fieldListItemUniqueID
	fieldMailboxOwnerUPN
	fieldLogonType
	fieldLogonUserSID
	fieldLogonUserDisplayName
	fieldClientProcessName
	fieldOriginatingServer
	fieldTargetUserOrGroupName
	fieldTargetUserOrGroupType
	fieldMembers

	fieldCount
)

// fieldNames are the names of the fields. Names are case-exact: the service
// writes them in one way only.
var fieldNames = [fieldCount]string{
	fieldID:                     "Id",
	fieldRecordType:             "RecordType",
	fieldRecordNumber:           "RecordNumber",
	fieldCreationTime:           "CreationTime",
	fieldOperation:              "Operation",
	fieldWorkload:               "Workload",
	fieldUserType:               "UserType",
	fieldOrganizationID:         "OrganizationId",
	fieldUserID:                 "UserId",
	fieldUserKey:                "UserKey",
	fieldClientIP:               "ClientIP",
	fieldClientIPAddress:        "ClientIPAddress",
	fieldActorIPAddress:         "ActorIpAddress",
	fieldResultStatus:           "ResultStatus",
	fieldLogonError:             "LogonError",
	fieldObjectID:               "ObjectId",
	fieldUserAgent:              "UserAgent",
	fieldClientInfoString:       "ClientInfoString",
	fieldExtendedProperties:     "ExtendedProperties",
	fieldDeviceProperties:       "DeviceProperties",
	fieldParameters:             "Parameters",
	fieldModifiedProperties:     "ModifiedProperties",
	fieldOperationProperties:    "OperationProperties",
	fieldSourceFileName:         "SourceFileName",
	fieldSourceFileExtension:    "SourceFileExtension",
	fieldSourceRelativeURL:      "SourceRelativeUrl",
	fieldFileSizeBytes:          "FileSizeBytes",
	fieldFileSize:               "FileSize",
	fieldFileExtension:          "FileExtension",
	fieldFileData:               "FileData",
	fieldURL:                    "Url",
	fieldItem:                   "Item",
	fieldSubject:                "Subject",
	fieldInternetMessageID:      "InternetMessageId",
	fieldP1Sender:               "P1Sender",
	fieldP2Sender:               "P2Sender",
	fieldRecipients:             "Recipients",
	fieldPolicyDetails:          "PolicyDetails",
	fieldExceptionInfo:          "ExceptionInfo",
	fieldExchangeMetaData:       "ExchangeMetaData",
	fieldSharePointMetaData:     "SharePointMetaData",
	fieldEndpointMetaData:       "EndpointMetaData",
	fieldSensitiveInfoTypeData:  "SensitiveInfoTypeData",
	fieldEnforcementMode:        "EnforcementMode",
	fieldAlertID:                "AlertId",
	fieldAlertEntityID:          "AlertEntityId",
	fieldEntityType:             "EntityType",
	fieldAlertType:              "AlertType",
	fieldStatus:                 "Status",
	fieldSeverity:               "Severity",
	fieldComments:               "Comments",
	fieldAlertLinks:             "AlertLinks",
	fieldSource:                 "Source",
	fieldName:                   "Name",
	fieldCategory:               "Category",
	fieldPolicyID:               "PolicyId",
	fieldData:                   "Data",
	fieldErrorNumber:            "ErrorNumber",
	fieldCorrelationID:          "CorrelationId",
	fieldApplicationID:          "ApplicationId",
	fieldApplicationDisplayName: "ApplicationDisplayName",
	fieldTarget:                 "Target",
	fieldItemType:               "ItemType",
	fieldListItemUniqueID:       "ListItemUniqueId",
	fieldMailboxOwnerUPN:        "MailboxOwnerUPN",
	fieldLogonType:              "LogonType",
	fieldLogonUserSID:           "LogonUserSid",
	fieldLogonUserDisplayName:   "LogonUserDisplayName",
	fieldClientProcessName:      "ClientProcessName",
	fieldOriginatingServer:      "OriginatingServer",
	fieldTargetUserOrGroupName:  "TargetUserOrGroupName",
	fieldTargetUserOrGroupType:  "TargetUserOrGroupType",
	fieldMembers:                "Members",
}

// fieldOf finds the field of a name. A switch, for it is asked for every
// top-level key, and the compiler makes a binary search of it; a test compares
// it with fieldNames.
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
	case "UserId":
		return fieldUserID
	case "UserKey":
		return fieldUserKey
	case "ClientIP":
		return fieldClientIP
	case "ClientIPAddress":
		return fieldClientIPAddress
	case "ActorIpAddress":
		return fieldActorIPAddress
	case "ResultStatus":
		return fieldResultStatus
	case "LogonError":
		return fieldLogonError
	case "ObjectId":
		return fieldObjectID
	case "UserAgent":
		return fieldUserAgent
	case "ClientInfoString":
		return fieldClientInfoString
	case "ExtendedProperties":
		return fieldExtendedProperties
	case "DeviceProperties":
		return fieldDeviceProperties
	case "Parameters":
		return fieldParameters
	case "ModifiedProperties":
		return fieldModifiedProperties
	case "OperationProperties":
		return fieldOperationProperties
	case "SourceFileName":
		return fieldSourceFileName
	case "SourceFileExtension":
		return fieldSourceFileExtension
	case "SourceRelativeUrl":
		return fieldSourceRelativeURL
	case "FileSizeBytes":
		return fieldFileSizeBytes
	case "FileSize":
		return fieldFileSize
	case "FileExtension":
		return fieldFileExtension
	case "FileData":
		return fieldFileData
	case "Url":
		return fieldURL
	case "Item":
		return fieldItem
	case "Subject":
		return fieldSubject
	case "InternetMessageId":
		return fieldInternetMessageID
	case "P1Sender":
		return fieldP1Sender
	case "P2Sender":
		return fieldP2Sender
	case "Recipients":
		return fieldRecipients
	case "PolicyDetails":
		return fieldPolicyDetails
	case "ExceptionInfo":
		return fieldExceptionInfo
	case "ExchangeMetaData":
		return fieldExchangeMetaData
	case "SharePointMetaData":
		return fieldSharePointMetaData
	case "EndpointMetaData":
		return fieldEndpointMetaData
	case "SensitiveInfoTypeData":
		return fieldSensitiveInfoTypeData
	case "EnforcementMode":
		return fieldEnforcementMode
	case "AlertId":
		return fieldAlertID
	case "AlertEntityId":
		return fieldAlertEntityID
	case "EntityType":
		return fieldEntityType
	case "AlertType":
		return fieldAlertType
	case "Status":
		return fieldStatus
	case "Severity":
		return fieldSeverity
	case "Comments":
		return fieldComments
	case "AlertLinks":
		return fieldAlertLinks
	case "Source":
		return fieldSource
	case "Name":
		return fieldName
	case "Category":
		return fieldCategory
	case "PolicyId":
		return fieldPolicyID
	case "Data":
		return fieldData
	case "ErrorNumber":
		return fieldErrorNumber
	case "CorrelationId":
		return fieldCorrelationID
	case "ApplicationId":
		return fieldApplicationID
	case "ApplicationDisplayName":
		return fieldApplicationDisplayName
	case "Target":
		return fieldTarget
	case "ItemType":
		return fieldItemType
	case "ListItemUniqueId":
		return fieldListItemUniqueID
	case "MailboxOwnerUPN":
		return fieldMailboxOwnerUPN
	case "LogonType":
		return fieldLogonType
	case "LogonUserSid":
		return fieldLogonUserSID
	case "LogonUserDisplayName":
		return fieldLogonUserDisplayName
	case "ClientProcessName":
		return fieldClientProcessName
	case "OriginatingServer":
		return fieldOriginatingServer
	case "TargetUserOrGroupName":
		return fieldTargetUserOrGroupName
	case "TargetUserOrGroupType":
		return fieldTargetUserOrGroupType
	case "Members":
		return fieldMembers
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
