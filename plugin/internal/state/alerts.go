package state

import (
	bolt "go.etcd.io/bbolt"

	"office365/normalize"
)

var alertsBucket = []byte("alerts")

// putAlerts stores what a batch changes in the alerts.
func putAlerts(tx *bolt.Tx, changes []normalize.AlertChange, sum *checksum) error {
	alerts := table{tx.Bucket(alertsBucket), "alerts", sum}
	for _, c := range changes {
		var err error
		if c.Value == nil {
			err = alerts.remove([]byte(c.Key))
		} else {
			err = alerts.put([]byte(c.Key), c.Value)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// readAlerts returns the alerts as changes of an empty state.
func readAlerts(tx *bolt.Tx, sum *checksum) (saved []normalize.AlertChange, err error) {
	err = table{tx.Bucket(alertsBucket), "alerts", sum}.each(func(k, v []byte) error {
		saved = append(saved, normalize.AlertChange{Key: string(k), Value: append([]byte{}, v...)})
		return nil
	})
	return saved, err
}
