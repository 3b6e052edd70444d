package normalize_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

var userPaths = []string{"srcip_username", "srcip_usersid", "user.id", "user.name", "user.domain", "user.email"}

// whoIs is what the layer says of a person and an id.
func whoIs(name, domain, id string) map[string]any {
	m := map[string]any{}
	if name != "" {
		m["srcip_username"], m["user.email"] = name+"@"+domain, name+"@"+domain
		m["user.name"], m["user.domain"] = name, domain
	}
	if id != "" {
		m["srcip_usersid"], m["user.id"] = id, id
	}
	return m
}

func TestUsersOfAllFormsAreRead(t *testing.T) {
	t.Parallel()
	const guid = "7d2f0b51-9f0e-4e59-8d0e-aa0c21f3bb10"
	onlyID := func(id string) map[string]any { return map[string]any{"user.id": id} }
	for _, tt := range []struct {
		userID, userKey string // JSON
		want            map[string]any
	}{
		{`"mira.holt@contoso.example"`, `"1003200000ABCDEF"`, whoIs("mira.holt", "contoso.example", "1003200000ABCDEF")},
		{`"MIRA.HOLT@CONTOSO.EXAMPLE"`, `""`, whoIs("MIRA.HOLT", "CONTOSO.EXAMPLE", "")},
		{`"x_gmail.com#EXT#@contoso.example"`, `"10@contoso.example"`, whoIs("x_gmail.com#EXT#", "contoso.example", "10@contoso.example")},
		{`"urn:spo:guest#bob@fabrikam.example"`, `"i:0h.f|membership|urn%3aspo"`, whoIs("bob", "fabrikam.example", "i:0h.f|membership|urn%3aspo")},
		{`"i:0#.f|membership|alice@contoso.example"`, `"i:0h.f|membership|10@live.com"`, whoIs("alice", "contoso.example", "i:0h.f|membership|10@live.com")},
		{`"I:0#.F|MEMBERSHIP|ALICE@CONTOSO.EXAMPLE"`, `null`, whoIs("ALICE", "CONTOSO.EXAMPLE", "")},
		{`"urn:spo:anon#4b1d0c77"`, `"urn:spo:anon#4b1d0c77"`, whoIs("", "", "urn:spo:anon#4b1d0c77")},
		{`"` + guid + `"`, `""`, whoIs("", "", guid)},
		{`"S-1-5-18"`, `"Not Available"`, whoIs("", "", "S-1-5-18")},
		{`"` + guid + `"`, `"1003"`, whoIs("", "", "1003")},
		{`"mira.holt@contoso.example"`, `1003200000001`, whoIs("mira.holt", "contoso.example", "1003200000001")},
		{`"two@signs@contoso.example"`, `"k"`, whoIs("", "", "k")},
		{`"@contoso.example"`, `"k"`, whoIs("", "", "k")},
		{`"mira@"`, `"k"`, whoIs("", "", "k")},
		{`"Mira Holt <mira@contoso.example>"`, `"k"`, whoIs("", "", "k")},
		{`"Mira Holt"`, `"k"`, whoIs("", "", "k")},
		{`""`, `""`, whoIs("", "", "")},
		{`null`, `null`, whoIs("", "", "")},
		{`["mira@contoso.example"]`, `{}`, whoIs("", "", "")},

		// Services have an id at most.
		{`"SecurityComplianceAlerts"`, `"SecurityComplianceAlerts"`, whoIs("", "", "")},
		{`"DlpAgent"`, `"1153800000000000001"`, whoIs("", "", "1153800000000000001")},
		{`"DlpPolicyEventBasedAssistantOneDriveForBusiness"`, `"DlpAgent"`, whoIs("", "", "")},
		{`"AirInvestigation"`, `"AirInvestigation"`, whoIs("", "", "")},
		{`"NT AUTHORITY\\SYSTEM (Microsoft.Exchange.ServiceHost)"`, `"S-1-5-18"`, whoIs("", "", "S-1-5-18")},
		{`"NT AUTHORITY\\SYSTEM (w3wp)"`, `"NT AUTHORITY\\SYSTEM (w3wp)"`, whoIs("", "", `NT AUTHORITY\SYSTEM (w3wp)`)},
		{`"NT AUTHORITY\\SYSTEM (w3wp)"`, `""`, onlyID(`NT AUTHORITY\SYSTEM (w3wp)`)},
		{`"app@sharepoint"`, `"i:0i.t|00000003|app@sharepoint"`, whoIs("", "", "i:0i.t|00000003|app@sharepoint")},
		{`"APP@SharePoint"`, `"Not Available"`, onlyID("APP@SharePoint")},
		{`"SHAREPOINT\\system"`, `"S-1-0-0"`, whoIs("", "", "S-1-0-0")},
		{`"Not Available"`, `"NOT-FOUND"`, whoIs("", "", "")},
		{`"NOT-FOUND"`, `"not available"`, whoIs("", "", "")},
		{`"ServicePrincipal_` + guid + `"`, `"Not Available"`, onlyID("ServicePrincipal_" + guid)},
		{`"Certificate"`, `"1003"`, whoIs("", "", "1003")},
		{`"Microsoft\\ServiceOperator"`, `"1003"`, whoIs("", "", "1003")},

		// What is no address is still an id where there is no other.
		{`"Device Registration Service"`, `""`, onlyID("Device Registration Service")},
		{`"Mira Holt"`, `"Not Available"`, onlyID("Mira Holt")},
		{`"Device Registration Service"`, `"1003"`, whoIs("", "", "1003")},
	} {
		text := `{"UserId":` + tt.userID + `,"UserKey":` + tt.userKey + `}`
		assert.Equal(t, tt.want, pick(object(t, text), userPaths...), text)
	}
}

func TestTheSenderOrOwnerIsTheUserOfAMatchByAnAgent(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]map[string]any{
		`{"RecordType":13,"UserId":"DlpAgent","UserKey":"1","ExchangeMetaData":{"From":"a@contoso.example"}}`:                                  whoIs("a", "contoso.example", ""),
		`{"RecordType":11,"UserId":"DlpAgent","UserKey":"1","SharePointMetaData":{"From":"a@contoso.example"}}`:                                whoIs("a", "contoso.example", ""),
		`{"RecordType":13,"UserId":"b@contoso.example","UserKey":"1","ExchangeMetaData":{"From":"a@contoso.example"}}`:                         whoIs("b", "contoso.example", "1"),
		`{"RecordType":13,"UserId":"DlpAgent","UserKey":"1","ExchangeMetaData":{"From":"nobody"}}`:                                             whoIs("", "", "1"),
		`{"RecordType":13,"UserId":"DlpAgent","UserKey":"DlpAgent","ExchangeMetaData":[],"SharePointMetaData":{"From":["a@contoso.example"]}}`: whoIs("", "", ""),
		`{"RecordType":2,"UserId":"SHAREPOINT\\system","UserKey":"1","ExchangeMetaData":{"From":"a@contoso.example"}}`:                         whoIs("", "", "1"),
	} {
		assert.Equal(t, want, pick(object(t, text), userPaths...), text)
	}
}
