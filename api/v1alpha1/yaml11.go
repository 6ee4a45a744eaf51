package v1alpha1

import "encoding/json"

// The field on has a second name, true: to a reader of YAML 1.1, as kubectl is one, the word on without quotes is a boolean. What
// is written either way is read as On, so that nothing else has to know of it.

// UnmarshalJSON reads true as on.
func (b *Blackout) UnmarshalJSON(data []byte) error {
	type plain Blackout
	if err := json.Unmarshal(data, (*plain)(b)); err != nil {
		return err
	}
	if b.On == "" {
		b.On = b.OnUnquoted
	}
	b.OnUnquoted = ""
	return nil
}

// UnmarshalJSON reads true as on.
func (q *QuietHours) UnmarshalJSON(data []byte) error {
	type plain QuietHours
	if err := json.Unmarshal(data, (*plain)(q)); err != nil {
		return err
	}
	if q.On == "" {
		q.On = q.OnUnquoted
	}
	q.OnUnquoted = ""
	return nil
}

// UnmarshalJSON reads true as on.
func (n *Notification) UnmarshalJSON(data []byte) error {
	type plain Notification
	if err := json.Unmarshal(data, (*plain)(n)); err != nil {
		return err
	}
	if n.On == nil {
		n.On = n.OnUnquoted
	}
	n.OnUnquoted = nil
	return nil
}

// UnmarshalJSON reads true as on.
func (r *PolicyRule) UnmarshalJSON(data []byte) error {
	type plain PolicyRule
	if err := json.Unmarshal(data, (*plain)(r)); err != nil {
		return err
	}
	if r.On == nil {
		r.On = r.OnUnquoted
	}
	r.OnUnquoted = nil
	return nil
}

// UnmarshalJSON reads true as on.
func (w *WelcomePolicy) UnmarshalJSON(data []byte) error {
	type plain WelcomePolicy
	if err := json.Unmarshal(data, (*plain)(w)); err != nil {
		return err
	}
	if w.On == nil {
		w.On = w.OnUnquoted
	}
	w.OnUnquoted = nil
	return nil
}
