package grpclb

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/types/known/durationpb"
)

// A duration has the JSON of protobuf, "1.5s".
type duration time.Duration

func (d *duration) UnmarshalJSON(text []byte) error {
	var parsed durationpb.Duration
	if err := protojson.Unmarshal(text, &parsed); err != nil {
		return fmt.Errorf(`%s is not a duration in seconds such as "1.5s"`, text)
	}
	*d = duration(parsed.AsDuration())
	return nil
}

func (d duration) MarshalJSON() ([]byte, error) {
	return protojson.Marshal(durationpb.New(time.Duration(d)))
}

// A childPolicy is JSON in its compact form, or empty. childOf reads it.
type childPolicy string

func (c *childPolicy) UnmarshalJSON(text []byte) error {
	var compact bytes.Buffer
	err := json.Compact(&compact, text)
	*c = childPolicy(compact.String())
	return err
}

func (c childPolicy) MarshalJSON() ([]byte, error) { return []byte(c), nil }

func (c childPolicy) check() error {
	if c != "" && !json.Valid([]byte(c)) {
		return errors.New("this is not JSON")
	}
	return nil
}

func atLeast(least, d time.Duration) error {
	switch {
	case d < 0:
		return fmt.Errorf("%v is negative", d)
	case d < least:
		return fmt.Errorf("%v is less than %v", d, least)
	}
	return nil
}

// inRange refuses NaN too.
func inRange[T cmp.Ordered](least, most, v T) error {
	if v >= least && v <= most {
		return nil
	}
	return fmt.Errorf("%v is not from %v to %v", v, least, most)
}

func oneOf[T ~string](v T, words ...T) error {
	if slices.Contains(words, v) {
		return nil
	}
	return fmt.Errorf("%q is not one of %q", v, words)
}
