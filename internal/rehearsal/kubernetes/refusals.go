package kubernetes

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
)

// record is the part of an audit event that Refusals reads. Source: Kubernetes,
// audit.k8s.io/v1, Event.
type record struct {
	Verb string
	User struct {
		Username string
	}
	ObjectRef struct {
		Namespace, Resource, Name string
	}
	ResponseStatus struct {
		Code    int
		Message string
	}
	Annotations map[string]string
}

// ruleAnnotation is set if a request violates an admission policy that has the action
// Audit, even if the policy only warns. Source: Kubernetes, "Validating Admission
// Policy", audit.
const ruleAnnotation = "validation.policy.admission.k8s.io/validation_failure"

// Refusals lists the requests of all users so far that were forbidden or invalid, or
// that violated an admission policy.
func (c *ControlPlane) Refusals() (refusals []string, err error) {
	text, err := os.ReadFile(filepath.Join(c.dir, auditLog))
	if err != nil {
		return nil, fmt.Errorf("reading the audit log: %w", err)
	}
	lines := json.NewDecoder(bytes.NewReader(text))
	for {
		var r record
		switch err := lines.Decode(&r); {
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF): // the last line is not written completely yet
			return refusals, nil
		case err != nil:
			return nil, fmt.Errorf("reading the audit log: %w", err)
		}
		refused := slices.Contains([]int{http.StatusForbidden, http.StatusUnprocessableEntity}, r.ResponseStatus.Code)
		violation, violated := r.Annotations[ruleAnnotation]
		if refused || violated {
			refusals = append(refusals, fmt.Sprintf("%s: %s %s %s/%s: %s%s", r.User.Username, r.Verb, r.ObjectRef.Resource,
				r.ObjectRef.Namespace, r.ObjectRef.Name, r.ResponseStatus.Message, violation))
		}
	}
}
