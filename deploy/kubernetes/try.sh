#!/usr/bin/env bash
# Try the training on the cluster that kubectl points to: deploy/kubernetes/try.sh
#
# It builds the image, copies the notebook's photos into two data sets, merges them, trains a small network with two
# processes, kills one of them, and checks that the run ends with the metrics of both data sets. It takes some minutes
# and deletes its namespace at the end (KEEP=1 leaves it). IMAGE names an image that the cluster can pull.
set -euo pipefail
cd "$(dirname "$0")/../.."

here=deploy/kubernetes
namespace=frond-training
image=${IMAGE:-frond-training:cpu}
kubectl="kubectl --namespace $namespace"

step() { printf '\n== %s\n' "$*"; }

finish() {
  [ -n "${KEEP:-}" ] || kubectl delete namespace "$namespace" --wait=false
}

load_image() {
  if [ -n "${IMAGE:-}" ]; then return; fi
  docker build --tag "$image" --file deploy/training/Dockerfile .
  case $(kubectl config current-context) in
    kind-*) kind load docker-image "$image" --name "$(kubectl config current-context | sed s/^kind-//)" ;;
    minikube) minikube image load "$image" ;;
    *) echo "Push the image to a registry and name it: IMAGE=… $0" >&2 && exit 2 ;;
  esac
}

apply() {
  kubectl kustomize "$here/try/$1" | sed "s|image: frond-training:cpu|image: $image|" | kubectl apply --filename -
}

# A pod that mounts the claims writable, for as long as photos are copied into them.
copy_photos() {
  kubectl kustomize "$here/try/prepare" | kubectl apply --filename - --selector '!app.kubernetes.io/name'
  $kubectl apply --filename - << POD
apiVersion: v1
kind: Pod
metadata: {name: loader}
spec:
  securityContext: {runAsNonRoot: true, runAsUser: 10001, fsGroup: 10001, seccompProfile: {type: RuntimeDefault}}
  containers:
    - name: loader
      image: $image
      imagePullPolicy: IfNotPresent
      command: [sleep, "3600"]
      securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}
      volumeMounts:
        - {name: seedlings, mountPath: /photos/seedlings}
        - {name: greenhouse, mountPath: /photos/greenhouse}
  volumes:
    - {name: seedlings, persistentVolumeClaim: {claimName: photos-seedlings}}
    - {name: greenhouse, persistentVolumeClaim: {claimName: photos-greenhouse}}
POD
  $kubectl wait --for=condition=Ready pod/loader --timeout=300s
  # The photos whose number ends in an even digit are one data set, the others the second.
  tar --create --directory notebooks/photos --exclude='*[13579].webp' . |
    $kubectl exec --stdin loader -- tar --extract --directory /photos/seedlings
  tar --create --directory notebooks/photos --exclude='*[02468].webp' . |
    $kubectl exec --stdin loader -- tar --extract --directory /photos/greenhouse
  $kubectl delete pod loader
}

trap finish EXIT
step "Image"
load_image
step "Photos"
copy_photos
step "Prepare: two data sets become one"
apply prepare
$kubectl wait --for=condition=Complete job/frond-prepare --timeout=600s
$kubectl logs job/frond-prepare
$kubectl logs job/frond-prepare | grep -q '^| greenhouse |'
step "Fit: two processes"
apply indexed-job
$kubectl wait --for=condition=Ready pod --selector app.kubernetes.io/name=frond-fit --timeout=300s
step "Kill process 1; both begin again after the last finished epoch"
sleep 60
$kubectl delete pod --selector batch.kubernetes.io/job-completion-index=1 --grace-period=0 --force
$kubectl wait --for=condition=Complete job/frond-fit --timeout=1800s
$kubectl logs --selector app.kubernetes.io/name=frond-fit --prefix --tail=20
step "Both processes finished."
