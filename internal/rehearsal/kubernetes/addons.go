package kubernetes

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	utilnet "k8s.io/apimachinery/pkg/util/net"
	"k8s.io/client-go/informers"
	clientset "k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// addons are the controllers that GKE runs beside those of Kubernetes, as far
// as a rehearsal needs them (volumes.go, services.go). Stop them.
type addons struct {
	cluster   client.Client
	informers informers.SharedInformerFactory
	changed   workqueue.TypedRateLimitingInterface[change]
	file      *os.File // what log writes to
	log       *slog.Logger
	transport http.RoundTripper
	cancel    context.CancelFunc
	worker    sync.WaitGroup
}

// change is an object that is new, or not as it was, and whose business it is.
type change struct {
	object client.ObjectKey
	duty   *duty // a pointer, since a queue has to tell one change from another
}

// duty brings about what an object asks for. It reads the object itself, and
// may be called again for one that already has all it needs.
type duty func(ctx context.Context, object client.ObjectKey) error

// How soon a duty that could not be done is tried again: at first, and at last.
const (
	soon  = 50 * time.Millisecond
	later = 5 * time.Second
)

// startAddons starts them. They log to a file in a folder.
func startAddons(config *rest.Config, dir string) (a *addons, err error) {
	limit := workqueue.NewTypedItemExponentialFailureRateLimiter[change](soon, later)
	a = &addons{changed: workqueue.NewTypedRateLimitingQueue(limit)}
	ctx, cancel := context.WithCancel(context.Background()) // they outlive the call that starts them
	a.cancel = cancel
	defer func() {
		if err != nil {
			a, err = nil, errors.Join(fmt.Errorf("starting what GKE adds: %w", err), a.stop())
		}
	}()
	if a.file, err = os.OpenFile(filepath.Join(dir, "gke.log"), os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600); err != nil {
		return a, err
	}
	a.log = slog.New(slog.NewTextHandler(a.file, nil))
	if err := a.connect(config); err != nil {
		return a, err
	}
	core := a.informers.Core().V1()
	for _, each := range []struct {
		informer cache.SharedIndexInformer
		duty     duty
	}{
		{core.PersistentVolumeClaims().Informer(), a.provision},
		{core.PersistentVolumes().Informer(), a.reclaim},
		{core.Services().Informer(), a.balance},
	} {
		if err := a.follow(each.informer, &each.duty); err != nil {
			return a, err
		}
	}
	a.informers.StartWithContext(ctx)
	a.worker.Go(func() { a.work(ctx) })
	return a, nil
}

// connect makes the clients. They share connections, to be closed together.
func (a *addons) connect(config *rest.Config) error {
	shared, err := rest.HTTPClientFor(config)
	if err != nil {
		return err
	}
	a.transport = shared.Transport
	watching, err := clientset.NewForConfigAndClient(config, shared)
	if err != nil {
		return err
	}
	a.informers = informers.NewSharedInformerFactory(watching, 0)
	a.cluster, err = client.New(config, client.Options{HTTPClient: shared})
	return err
}

// follow makes every change of a kind of objects somebody's duty.
func (a *addons) follow(informer cache.SharedIndexInformer, duty *duty) error {
	noted := func(object any) {
		if object, ok := object.(metav1.Object); ok {
			a.changed.Add(change{client.ObjectKey{Namespace: object.GetNamespace(), Name: object.GetName()}, duty})
		}
	}
	_, err := informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc: noted, UpdateFunc: func(_, object any) { noted(object) },
	})
	return err
}

// work does one duty after the other until the queue is shut. That there is one
// worker keeps two Services from being given one address.
func (a *addons) work(ctx context.Context) {
	for {
		next, shut := a.changed.Get()
		if shut {
			return
		}
		err := (*next.duty)(ctx, next.object)
		switch {
		case err == nil:
			a.changed.Forget(next)
		case ctx.Err() == nil:
			a.log.Error(err.Error(), "object", next.object)
			a.changed.AddRateLimited(next)
		}
		a.changed.Done(next)
	}
}

// stop stops them and waits until they are done.
func (a *addons) stop() error {
	a.cancel()
	a.changed.ShutDown()
	a.worker.Wait()
	if a.informers != nil {
		a.informers.Shutdown()
	}
	if a.transport != nil {
		utilnet.CloseIdleConnectionsFor(a.transport)
	}
	if a.file == nil {
		return nil
	}
	return a.file.Close()
}
