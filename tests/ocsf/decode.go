package ocsf

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// twice stands for the values of a name that an object has more than once.
type twice struct{ value any } // the last of them

// decode reads one JSON value, numbers with their digits. Readers differ in what
// they make of a name that comes twice, so it is kept to be found.
func decode(text []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	value, err := decodeValue(d)
	if err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("text after the event")
	}
	return value, nil
}

func decodeValue(d *json.Decoder) (any, error) {
	token, err := d.Token()
	if err != nil {
		return nil, fmt.Errorf("decode: %w", err)
	}
	switch token {
	case json.Delim('{'):
		return decodeObject(d)
	case json.Delim('['):
		return decodeList(d)
	default:
		return token, nil
	}
}

func decodeObject(d *json.Decoder) (any, error) {
	o := map[string]any{}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return nil, fmt.Errorf("decode: %w", err)
		}
		value, err := decodeValue(d)
		if err != nil {
			return nil, err
		}
		name, _ := key.(string) // what else More lets pass, Token refuses
		if _, is := o[name]; is {
			value = twice{value}
		}
		o[name] = value
	}
	_, err := d.Token()
	return o, err
}

func decodeList(d *json.Decoder) (any, error) {
	list := []any{}
	for d.More() {
		value, err := decodeValue(d)
		if err != nil {
			return nil, err
		}
		list = append(list, value)
	}
	_, err := d.Token()
	return list, err
}
