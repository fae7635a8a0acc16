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

// ImageRule returns the message with which an image is refused, or nothing. It is called
// concurrently, for each pod that is created.
type ImageRule func(image string) (refusal string)

// imageWebhook is the name, in GKE's messages, of the webhook with which the API server
// asks Binary Authorization about each pod. A pod is thus refused at its creation, not on
// the node, and its creator, a person or a controller, gets the message. Sources: Binary
// Authorization, "Configure a Binary Authorization policy with GKE", and the same message
// in reports, learngcp-316009 and bendory-20220727-b among them.
const imageWebhook = "imagepolicywebhook.image-policy.k8s.io"

// imagePolicy is that webhook. Call stop once the API server has ended.
type imagePolicy struct {
	rule   ImageRule
	server *http.Server
	served chan error
	known  atomic.Bool // the API server has called the webhook
}

// startImagePolicy starts the webhook, and returns when the API server calls it for every
// new pod.
func startImagePolicy(ctx context.Context, config *rest.Config, rule ImageRule) (p *imagePolicy, err error) {
	certificate, key, err := cert.GenerateSelfSignedCertKey("127.0.0.1", []net.IP{net.IPv4(127, 0, 0, 1)}, nil)
	if err != nil {
		return nil, fmt.Errorf("creating the certificate of the image policy webhook: %w", err)
	}
	pair, err := tls.X509KeyPair(certificate, key)
	if err != nil {
		return nil, fmt.Errorf("creating the certificate of the image policy webhook: %w", err)
	}
	listener, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS13})
	if err != nil {
		return nil, fmt.Errorf("starting the image policy webhook: %w", err)
	}
	p = &imagePolicy{rule: rule, served: make(chan error, 1)}
	// The API server reports connection errors to the creator of the pod, so the log is
	// not needed.
	p.server = &http.Server{Handler: http.HandlerFunc(p.serve), ReadHeaderTimeout: startTimeout, ErrorLog: log.New(io.Discard, "", 0)}
	go func() { p.served <- p.server.Serve(listener) }()
	if err := p.register(ctx, config, "https://"+listener.Addr().String(), certificate); err != nil {
		return nil, errors.Join(fmt.Errorf("registering the image policy webhook: %w", err), p.stop())
	}
	return p, nil
}

// register registers the webhook, and waits until the API server has called it once.
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
			// Google's webhook fails open. Here a pod that was not checked would hide a mistake.
			FailurePolicy: new(registrationv1.Fail),
		}},
	}); err != nil {
		return err
	}
	return wait.PollUntilContextTimeout(ctx, 50*time.Millisecond, startTimeout, true, func(ctx context.Context) (bool, error) {
		pod := &corev1.Pod{
			ObjectMeta: metav1.ObjectMeta{Namespace: metav1.NamespaceDefault, Name: "image-policy"},
			Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "asked", Image: "asked"}}},
		}
		err := system.Create(ctx, pod, client.DryRunAll)
		return p.known.Load(), err
	})
}

// serve answers the API server's reviews.
func (p *imagePolicy) serve(w http.ResponseWriter, r *http.Request) {
	var review admissionv1.AdmissionReview
	if err := json.NewDecoder(r.Body).Decode(&review); err != nil || review.Request == nil {
		http.Error(w, fmt.Sprintf("reading the review: %v", err), http.StatusBadRequest)
		return
	}
	response := &admissionv1.AdmissionResponse{UID: review.Request.UID, Allowed: true}
	if !p.known.CompareAndSwap(false, true) { // the first review is for the pod of register
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
	_ = json.NewEncoder(w).Encode(admissionv1.AdmissionReview{TypeMeta: review.TypeMeta, Response: response}) // the API server reports a failed connection
}

// refusal is the message for the first new image of a pod that is refused. How Google's
// message continues if there are more is not known. Images of running pods are not
// checked again. Sources: Binary Authorization, "Set up Binary Authorization for GKE",
// which scans containers and ephemeralContainers, "no other fields"; "Continuous
// validation overview": a new policy does not apply to running pods.
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

// imagesIn lists the images of a pod; none if there is no pod.
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

// stop stops the webhook, and waits until it has ended.
func (p *imagePolicy) stop() error {
	err := p.server.Close()
	if served := <-p.served; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return err
}
