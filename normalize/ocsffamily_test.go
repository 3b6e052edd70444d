package normalize_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"office365/normalize"
)

// recordFamilies are the record types of a family, its operations, and the class
// and activity of each; an activity of "" may be any.
var recordFamilies = map[string]struct {
	types      []int
	operations map[string]string
}{
	"sign-ins": {[]int{9, 15}, map[string]string{"UserLoggedIn": "3002/1", "UserLoginFailed": "3002/1"}},
	"accounts": {[]int{8}, map[string]string{
		"Add user.": "3001/1", "Delete user.": "3001/6", "Restore user.": "3001/99", "Disable account.": "3001/5",
		"Reset user password.": "3001/4", "Change user password.": "3001/3", "Update user.": "3001/99", "Change user license.": "3001/99",
		"Disable Strong Authentication.": "3001/11",
	}},
	"roles": {[]int{8}, map[string]string{"Add member to role.": "3005/1", "Remove member from role.": "3005/2"}},
	"groups": {[]int{8}, map[string]string{
		"Add group.": "3006/6", "Delete group.": "3006/5", "Update group.": "3006/99", "Add member to group.": "3006/3",
		"Remove member from group.": "3006/4",
	}},
	"entities of the directory": {[]int{8}, map[string]string{
		"Add application.": "3004/1", "Update application.": "3004/3", "Delete application.": "3004/4", "Add service principal.": "3004/1",
		"Consent to application.": "3004/", "Add device.": "3004/1", "Delete device.": "3004/4", "Update policy.": "3004/3",
		"Set domain authentication.": "3004/",
	}},
	"files": {[]int{6}, map[string]string{
		"FileDownloaded": "6006/2", "FileSyncDownloadedFull": "6006/2", "FileUploaded": "6006/1", "FileSyncUploadedFull": "6006/1",
		"FileModified": "6006/3", "FileModifiedExtended": "6006/3", "FileDeleted": "6006/4", "FileDeletedFirstStageRecycleBin": "6006/4",
		"FileRecycled": "6006/4", "FileRenamed": "6006/5", "FileCopied": "6006/6", "FileMoved": "6006/7", "FileRestored": "6006/8",
		"FilePreviewed": "6006/9", "FileCheckedOut": "6006/10", "FileCheckedIn": "6006/11", "FileAccessed": "6006/14",
		"FileAccessedExtended": "6006/14", "FolderCreated": "6006/", "FolderDeleted": "6006/4", "FolderRenamed": "6006/5",
	}},
	"sharing": {[]int{14}, map[string]string{
		"SharingSet": "6006/12", "AddedToSecureLink": "6006/12", "AnonymousLinkCreated": "6006/12", "SharingRevoked": "6006/13",
		"RemovedFromSecureLink": "6006/13",
	}},
	"malware in files":             {[]int{6}, map[string]string{"FileMalwareDetected": "2004/1"}},
	"pages":                        {[]int{4}, map[string]string{"PageViewed": "6001/2", "SearchQueryPerformed": "6001/5"}},
	"lists of SharePoint":          {[]int{36, 54, 55, 56}, map[string]string{"ListCreated": "6001/1", "ListItemUpdated": "6001/3", "ListItemDeleted": "6001/4", "ListViewed": "6001/2"}},
	"cmdlets":                      {[]int{1, 18, 23, 52}, map[string]string{"New-InboxRule": "6003/1", "Add-MailboxPermission": "6003/1", "Get-Mailbox": "6003/2", "Set-Mailbox": "6003/3", "Enable-Mailbox": "6003/3", "Disable-Mailbox": "6003/3", "Remove-Mailbox": "6003/4", "Start-Thing": "6003/99"}},
	"mail that is sent":            {[]int{2, 3}, map[string]string{"Send": "4009/1", "SendAs": "4009/1", "SendOnBehalf": "4009/1"}},
	"items of mailboxes":           {[]int{2, 3}, map[string]string{"Create": "6003/1", "Update": "6003/3", "Move": "6003/3", "MoveToDeletedItems": "6003/", "SoftDelete": "6003/4", "HardDelete": "6003/4"}},
	"access to mail":               {[]int{50}, map[string]string{"MailItemsAccessed": "6003/2"}},
	"mail that is scanned":         {[]int{28}, map[string]string{"TIMailData": "4009/2"}},
	"messages that are supervised": {[]int{68}, map[string]string{"SupervisoryReviewOLAudit": "4009/3", "SupervisoryRuleMatch": "4009/3", "SupervisoryReviewTag": "6003/3"}},
	"attack simulation":            {[]int{85}, map[string]string{"AttackSimUserClick": "6003/2"}},
	"Dynamics 365":                 {[]int{21}, map[string]string{"CrmDefaultActivity": "6003/2", "DeleteEntity": "6003/4"}},
	"administration of Teams":      {[]int{57}, map[string]string{"TeamsAdminAction": "6003/3"}},
	"clicks":                       {[]int{41}, map[string]string{"TIUrlClickData": "2004/1"}},
	"detections":                   {[]int{47, 64, 98, 113}, map[string]string{"AtpDetection": "2004/", "AirInvestigationData": "2004/", "Anything": "2004/"}},
	"alerts":                       {[]int{40}, map[string]string{"AlertTriggered": "2004/1", "AlertEntityGenerated": "2004/", "AlertUpdated": "2004/2"}},
	"matches of DLP":               {[]int{11, 13, 33, 63, 99, 100, 107}, map[string]string{"DlpRuleMatch": "2006/1", "DLPRuleMatch": "2006/1"}},
	"Teams": {[]int{25}, map[string]string{
		"TeamCreated": "3006/6", "MemberAdded": "3006/3", "MessageSent": "6003/", "MeetingParticipantDetail": "6003/",
	}},
	"workloads by verb":        {[]int{20, 22, 30, 45, 66}, map[string]string{"ViewReport": "6003/2", "CreateForm": "6003/1", "DeleteFlow": "6003/4", "Whatever": "6003/99"}},
	"what nothing is known of": {[]int{9999}, map[string]string{"Whatever": "6003/99"}},
}

// common are the fields that a record of any family may have to be told by.
const common = `,"CreationTime":"2026-03-02T10:16:31","Workload":"Some","UserId":"alice@contoso.example","UserKey":"k","UserType":0,` +
	`"ClientIP":"203.0.113.7","ObjectId":"https://contoso.example/a.docx","SourceFileName":"a.docx","P1Sender":"p@contoso.example",` +
	`"Recipients":["bob@contoso.example"],"MailboxOwnerUPN":"alice@contoso.example","AlertId":"a","Name":"n",` +
	`"ExchangeDetails":{"From":"p@contoso.example","Recipients":["bob@contoso.example"]},"Message":"RetrieveMultiple","ActionType":"update",` +
	`"ModifiedProperties":[{"Name":"Role.DisplayName","NewValue":"Reader","OldValue":""},` +
	`{"Name":"Group.DisplayName","NewValue":"Staff","OldValue":""},{"Name":"Group.ObjectID","NewValue":"g","OldValue":""}]}`

// TestEveryFamilyOfRecordsHasItsClass makes a record of each family, and the
// shortest one: that may fall to another class, for each has to be valid
// whatever is missing.
func TestEveryFamilyOfRecordsHasItsClass(t *testing.T) {
	t.Parallel()
	for name, family := range recordFamilies {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			j := newJudge()
			for _, recordType := range family.types {
				for operation, want := range family.operations {
					head := fmt.Sprintf(`{"Id":"1","RecordType":%d,"Operation":%q`, recordType, operation)
					event := j.eventOf(t, head+common)
					got := fmt.Sprintf("%v/%v", event["class_uid"], event["activity_id"])
					assert.Equal(t, want, got[:min(len(want), len(got))], "%d %s: %s", recordType, operation, got)
					j.eventOf(t, head+"}")
				}
			}
		})
	}
}

// eventOf judges the event of a record, and returns it.
func (j *judge) eventOf(t *testing.T, text string) map[string]any {
	t.Helper()
	raw := normalize.Raw{Bytes: []byte(text), Length: int64(len(text))}
	j.record(t, raw, normalize.AuditGeneral)
	return decoded(t, j.modes[0].Record(raw, source, received).AppendJSON(nil))
}

func TestOperationsAreFoundInAnyLetterCase(t *testing.T) {
	t.Parallel()
	j := newJudge()
	for head, want := range map[string]string{
		`{"RecordType":6,"Operation":"FILEDOWNLOADED"`:   "600602",
		`{"RecordType":"6","Operation":"filerenamed"`:    "600605",
		`{"RecordType":8,"Operation":"add USER."`:        "300101",
		`{"RecordType":1,"Operation":"new-inboxrule"`:    "600301",
		`{"RecordType":15,"Operation":"userloginfailed"`: "300201",
	} {
		assert.Equal(t, json.Number(want), j.eventOf(t, head+common)["type_uid"], head)
	}
}

// TestMostGoldenCasesHaveAClassOfTheirOwn counts the cases none of whose records
// fell to the generic class. Those about odd texts, of which no class can be
// known, count as well.
func TestMostGoldenCasesHaveAClassOfTheirOwn(t *testing.T) {
	t.Parallel()
	cases, err := filepath.Glob("testdata/*/*/in.json")
	require.NoError(t, err)
	var generic []string
	for _, in := range cases {
		body, err := os.ReadFile(in)
		require.NoError(t, err)
		dir := filepath.Dir(in)
		j := newJudge()
		j.blob(t, body, workloads[filepath.Base(filepath.Dir(dir))], caseSettings(t, dir).MaxRecordBytes)
		if n := j.fallen(); n > 0 {
			generic = append(generic, strings.TrimPrefix(filepath.ToSlash(dir), "testdata/"))
			assert.Equal(t, j.unknown, n, "%s has records of known types without a class: %v", dir, j.generic)
		}
	}
	share := 1 - float64(len(generic))/float64(len(cases))
	t.Logf("%.1f %% of all %d cases have classes of their own; not %s", 100*share, len(cases), strings.Join(generic, ", "))
	assert.GreaterOrEqual(t, share, 0.9)
}
