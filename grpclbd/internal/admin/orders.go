package admin

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/actorlb/grpclb/grpclbd/internal/override"
	"github.com/actorlb/grpclb/grpclbd/internal/view"
	"github.com/actorlb/grpclb/internal/webpage"
)

// A refusal is the answer to an order that changes nothing.
type refusal struct {
	code int
	why  error
}

func (r *refusal) Error() string { return r.why.Error() }

func refuse(code int, why error) error { return &refusal{code, why} }

// answer sends the error of an order. Any that is not a refusal is one of the store.
func answer(w http.ResponseWriter, err error) {
	code := http.StatusServiceUnavailable
	if r := (*refusal)(nil); errors.As(err, &r) {
		code = r.code
	}
	http.Error(w, err.Error(), code)
}

// put puts an override in force.
func (h handler) put(w http.ResponseWriter, r *http.Request) {
	in, err := h.putOrder(r)
	if err != nil {
		answer(w, err)
		return
	}
	with := keysOf(in.Override)
	if in.MatchesNothing != "" {
		with = append(with, "matchesNothing", in.MatchesNothing)
	}
	h.log.Info("an override was put in force", with...)
	webpage.SendJSON(w, http.StatusOK, in)
}

func (h handler) putOrder(r *http.Request) (in view.Override, err error) {
	if _, err := query(r); err != nil {
		return in, refuse(http.StatusBadRequest, err)
	}
	o, err := readOrder(r)
	if err != nil {
		return in, refuse(http.StatusBadRequest, fmt.Errorf("the body is not the JSON of an override: %w", err))
	}
	full, err := o.complete(r, time.Now())
	if err != nil {
		return in, refuse(http.StatusBadRequest, err)
	}
	s := h.process.State()
	if full.Service, err = serviceOf(s, full.Service, o.Force); err != nil {
		return in, err
	}
	if err := s.CheckDrops(full); err != nil {
		return in, refuse(http.StatusConflict, err)
	}
	in = view.Override{Override: full, MatchesNothing: s.MatchesNothing(full)}
	return in, h.process.Put(r.Context(), full)
}

// serviceOf returns the name of the service that is meant by it or by an alias. One that there is not
// is refused, unless that is forced.
func serviceOf(s view.State, name string, force bool) (string, error) {
	v, found := s.Find(name)
	switch {
	case found:
		return v.Name, nil
	case name == "" || force:
		return name, nil
	case s.Stopping && len(s.Services) == 0:
		return "", errors.New("the process is stopping")
	}
	return "", refuse(http.StatusNotFound, fmt.Errorf("%w. If it comes later, write the override with -force (\"force\": true in JSON)", s.Unknown(name)))
}

// query returns the parameters of a request. One that is misspelt must not be taken for one that is
// left out: without a service, an order counts for every one.
func query(r *http.Request, names ...string) (url.Values, error) {
	q, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, fmt.Errorf("the query of the URL can't be read: %w", err)
	}
	for name, values := range q {
		if !slices.Contains(names, name) {
			return nil, fmt.Errorf("the parameter %q is not known; allowed are: %s", name, strings.Join(names, ", "))
		}
		if len(values) > 1 {
			return nil, fmt.Errorf("the parameter %s is given %d times", name, len(values))
		}
	}
	return q, checkText("who", q.Get("who"), maxWho)
}

// lift ends an override.
func (h handler) lift(w http.ResponseWriter, r *http.Request) {
	q, err := query(r, "service", "kind", "subject", "who")
	if err != nil {
		answer(w, refuse(http.StatusBadRequest, err))
		return
	}
	kind := override.Kind(q.Get("kind"))
	subject := override.CanonicalSubject(kind, q.Get("subject"))
	if err := checkSubject(kind, subject); err != nil {
		answer(w, refuse(http.StatusBadRequest, err))
		return
	}
	s := h.process.State()
	service := q.Get("service")
	if v, found := s.Find(service); found {
		service = v.Name
	}
	found, err := h.process.Lift(r.Context(), service, kind, subject)
	switch {
	case err != nil:
		answer(w, err)
	case !found:
		answer(w, refuse(http.StatusNotFound, missing(s, service, kind, subject)))
	default:
		o := inForce(s, service, kind, subject)
		o.Who = who(r, q.Get("who"))
		h.log.Info("an override was lifted", keysOf(o)...)
		w.WriteHeader(http.StatusNoContent)
	}
}

// checkSubject checks what an override of that kind is about.
func checkSubject(kind override.Kind, subject string) error {
	if kind == override.Fallback && subject != "" {
		return fmt.Errorf("a fallback has no subject, and %q is given", subject)
	}
	return override.Override{Kind: kind, Address: subject, Token: subject, Value: 1}.Check()
}

// missing says that there is no such override, and where there is one.
func missing(s view.State, service string, kind override.Kind, subject string) error {
	text := "there is no " + string(kind)
	if subject != "" {
		text += fmt.Sprintf(" of %q", subject)
	}
	if service == "" {
		text += " that counts for every service"
	} else {
		text += fmt.Sprintf(" of service %q", service)
	}
	for _, o := range s.Overrides {
		if o.Kind != kind || o.Subject() != subject {
			continue
		}
		if o.Service == "" {
			return fmt.Errorf("%s; one that counts for every service is in force: lift it without a service", text)
		}
		return fmt.Errorf("%s; one of service %q is in force: name that service", text, o.Service)
	}
	if _, found := s.Find(service); !found && service != "" {
		return fmt.Errorf("%s; %w", text, s.Unknown(service))
	}
	return errors.New(text)
}

// confirm lets go what the guard maxRemove holds.
func (h handler) confirm(w http.ResponseWriter, r *http.Request) {
	q, err := query(r, "service", "who")
	if err == nil && q.Get("service") == "" {
		err = errors.New("the service is missing: name it in the URL, ?service=NAME")
	}
	if err != nil {
		answer(w, refuse(http.StatusBadRequest, err))
		return
	}
	service := q.Get("service")
	if !h.process.Confirm(service) {
		answer(w, refuse(http.StatusNotFound, h.process.State().Unknown(service)))
		return
	}
	h.log.Info("what a guard holds was confirmed", "service", service, "who", who(r, q.Get("who")))
	w.WriteHeader(http.StatusNoContent)
}
