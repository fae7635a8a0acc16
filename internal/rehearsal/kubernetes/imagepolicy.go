package kubernetes

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"slices"
	"sync/atomic"
	"time"

	admissionv1 "k8s.io/api/admission/v1"
	registrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/util/cert"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// ImageRule says with which words whoever decides about images refuses one, or nothing.
// It is asked while pods are made, by several callers at once.
type ImageRule func(image string) (refusal string)

// imageWebhook is the name that GKE's messages give the webhook by which the API server
// asks Binary Authorization about each pod. So it is at its creation, and not on the
// node, that a pod is refused: whoever makes it is told, a person or a controller.
// Sources: Binary Authorization, "Configure a Binary Authorization policy with GKE", and
// the same words in reports, learngcp-316009 and bendory-20220727-b among them.
const imageWebhook = "imagepolicywebhook.image-policy.k8s.io"

// imagePolicy is that webhook. Stop it, once the API server is gone.
type imagePolicy struct {
	rule   ImageRule
	server *http.Server
	served chan error
	known  atomic.Bool // to the API server
}

// startImagePolicy returns when every pod that is made from then on is asked about.
func startImagePolicy(ctx context.Context, config *rest.Config, rule ImageRule) (p *imagePolicy, err error) {
	certificate, key, err := cert.GenerateSelfSignedCertKey("127.0.0.1", []net.IP{net.IPv4(127, 0, 0, 1)}, nil)
	if err != nil {
		return nil, fmt.Errorf("making the image policy's certificate: %w", err)
	}
	pair, err := tls.X509KeyPair(certificate, key)
	if err != nil {
		return nil, fmt.Errorf("making the image policy's certificate: %w", err)
	}
	listener, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS13})
	if err != nil {
		return nil, fmt.Errorf("starting the image policy: %w", err)
	}
	p = &imagePolicy{rule: rule, served: make(chan error, 1)}
	// What goes wrong on the way, the API server tells whoever makes the pod.
	p.server = &http.Server{Handler: http.HandlerFunc(p.serve), ReadHeaderTimeout: patience, ErrorLog: log.New(io.Discard, "", 0)}
	go func() { p.served <- p.server.Serve(listener) }()
	if err := p.register(ctx, config, "https://"+listener.Addr().String(), certificate); err != nil {
		return nil, errors.Join(fmt.Errorf("registering the image policy: %w", err), p.stop())
	}
	return p, nil
}

// register makes the webhook known, and waits until the API server has asked it once.
func (p *imagePolicy) register(ctx context.Context, config *rest.Config, url string, authority []byte) error {
	system, err := client.New(config, client.Options{})
	if err != nil {
		return err
	}
	rule := func(resource string, operations ...registrationv1.OperationType) registrationv1.RuleWithOperations {
		return registrationv1.RuleWithOperations{Operations: operations, Rule: registrationv1.Rule{
			APIGroups: []string{""}, APIVersions: []string{"v1"}, Resources: []string{resource},
		}}
	}
	if err := system.Create(ctx, &registrationv1.ValidatingWebhookConfiguration{
		ObjectMeta: metav1.ObjectMeta{Name: imageWebhook},
		Webhooks: []registrationv1.ValidatingWebhook{{
			Name:         imageWebhook,
			ClientConfig: registrationv1.WebhookClientConfig{URL: &url, CABundle: authority},
			Rules: []registrationv1.RuleWithOperations{
				rule("pods", registrationv1.Create, registrationv1.Update), rule("pods/ephemeralcontainers", registrationv1.Update),
			},
			SideEffects:             new(registrationv1.SideEffectClassNone),
			AdmissionReviewVersions: []string{"v1"},
			// Google's lets pods pass that it can't be asked about. Here nothing may go unasked.
			FailurePolicy: new(registrationv1.Fail),
		}},
	}); err != nil {
		return err
	}
	return wait.PollUntilContextTimeout(ctx, 50*time.Millisecond, patience, true, func(ctx context.Context) (bool, error) {
		pod := &corev1.Pod{
			ObjectMeta: metav1.ObjectMeta{Namespace: metav1.NamespaceDefault, Name: "image-policy"},
			Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "asked", Image: "asked"}}},
		}
		err := system.Create(ctx, pod, client.DryRunAll)
		return p.known.Load(), err
	})
}

// serve answers the API server.
func (p *imagePolicy) serve(w http.ResponseWriter, r *http.Request) {
	var review admissionv1.AdmissionReview
	if err := json.NewDecoder(r.Body).Decode(&review); err != nil || review.Request == nil {
		http.Error(w, fmt.Sprintf("reading the review: %v", err), http.StatusBadRequest)
		return
	}
	response := &admissionv1.AdmissionResponse{UID: review.Request.UID, Allowed: true}
	if !p.known.CompareAndSwap(false, true) { // the first pod is that of register
		refusal, err := p.refusal(review.Request)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		if refusal != "" {
			response.Allowed = false
			response.Result = &metav1.Status{Code: http.StatusForbidden, Reason: "VIOLATES_POLICY", Message: refusal}
		}
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(admissionv1.AdmissionReview{TypeMeta: review.TypeMeta, Response: response}) // or the API server tells
}

// refusal is about the first new image of a pod that is refused: how Google's message
// goes on after it was not found out. Pods that run already are not asked about again.
// Sources: Binary Authorization, "Set up Binary Authorization for GKE", which scans
// containers and ephemeralContainers, "no other fields"; "Continuous validation
// overview": a new policy does not concern pods that run.
func (p *imagePolicy) refusal(request *admissionv1.AdmissionRequest) (string, error) {
	before, err := imagesIn(request.OldObject.Raw)
	if err != nil {
		return "", err
	}
	now, err := imagesIn(request.Object.Raw)
	if err != nil {
		return "", err
	}
	for _, image := range now {
		if refusal := p.rule(image); refusal != "" && !slices.Contains(before, image) {
			return refusal, nil
		}
	}
	return "", nil
}

// imagesIn are those of a pod, or of none.
func imagesIn(text []byte) (images []string, err error) {
	if len(text) == 0 {
		return nil, nil
	}
	var pod corev1.Pod
	if err := json.Unmarshal(text, &pod); err != nil {
		return nil, fmt.Errorf("reading a pod: %w", err)
	}
	for _, container := range pod.Spec.Containers {
		images = append(images, container.Image)
	}
	for _, container := range pod.Spec.EphemeralContainers {
		images = append(images, container.Image)
	}
	return images, nil
}

// stop stops it and waits until it is gone.
func (p *imagePolicy) stop() error {
	err := p.server.Close()
	if served := <-p.served; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return err
}
