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

// addons are those of GKE's own controllers that a rehearsal needs (volumes.go,
// services.go). Call stop when done.
type addons struct {
	cluster   client.Client
	informers informers.SharedInformerFactory
	changed   workqueue.TypedRateLimitingInterface[change]
	file      *os.File // the log file
	log       *slog.Logger
	transport http.RoundTripper
	cancel    context.CancelFunc
	worker    sync.WaitGroup
}

// change is an object to reconcile, with the function for it.
type change struct {
	object    client.ObjectKey
	reconcile *reconcile // a pointer, because items of a queue have to be comparable
}

// reconcile brings an object to the state that it requests. It reads the object itself,
// and may be called again for one that is in that state already.
type reconcile func(ctx context.Context, object client.ObjectKey) error

// The shortest and the longest time after which a failed reconciliation is retried.
const (
	minRetry = 50 * time.Millisecond
	maxRetry = 5 * time.Second
)

// startAddons starts the controllers, which log to gke.log in dir.
func startAddons(config *rest.Config, dir string) (a *addons, err error) {
	limit := workqueue.NewTypedItemExponentialFailureRateLimiter[change](minRetry, maxRetry)
	a = &addons{changed: workqueue.NewTypedRateLimitingQueue(limit)}
	ctx, cancel := context.WithCancel(context.Background()) // the controllers outlive this call
	a.cancel = cancel
	defer func() {
		if err != nil {
			a, err = nil, errors.Join(fmt.Errorf("starting the simulated GKE controllers: %w", err), a.stop())
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
		informer  cache.SharedIndexInformer
		reconcile reconcile
	}{
		{core.PersistentVolumeClaims().Informer(), a.provision},
		{core.PersistentVolumes().Informer(), a.reclaim},
		{core.Services().Informer(), a.balance},
	} {
		if err := a.follow(each.informer, &each.reconcile); err != nil {
			return a, err
		}
	}
	a.informers.StartWithContext(ctx)
	a.worker.Go(func() { a.work(ctx) })
	return a, nil
}

// connect makes the clients. They share their connections, which stop closes.
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

// follow queues every object of a kind that is added or updated.
func (a *addons) follow(informer cache.SharedIndexInformer, reconcile *reconcile) error {
	enqueue := func(object any) {
		if object, ok := object.(metav1.Object); ok {
			a.changed.Add(change{client.ObjectKey{Namespace: object.GetNamespace(), Name: object.GetName()}, reconcile})
		}
	}
	_, err := informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc: enqueue, UpdateFunc: func(_, object any) { enqueue(object) },
	})
	return err
}

// work reconciles one object after the other until the queue is shut down. There is only
// one worker, so that no two Services get the same address.
func (a *addons) work(ctx context.Context) {
	for {
		next, shutdown := a.changed.Get()
		if shutdown {
			return
		}
		err := (*next.reconcile)(ctx, next.object)
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

// stop stops the controllers, and waits until they have ended.
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
