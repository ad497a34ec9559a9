#!/usr/bin/env bash
# Train in two processes on this machine under a Prometheus, stop one of them, and wait for the alert.
#   deploy/monitoring/try.sh DATASET [OPTION OF fit …]
# Needs Prometheus (Debian: apt-get install prometheus) and curl. It prints what Prometheus has read.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
python=$here/../../.venv/bin/python
read -ra fit <<< "${FIT:-$python -m training fit}"
dataset=$1
shift
work=$(mktemp -d)
stop() {
  kill -CONT "${pids[@]}" 2> /dev/null || true
  kill -KILL "${pids[@]}" 2> /dev/null || true
}
trap stop EXIT
pids=()

free_ports='import socket; s = [socket.create_server(("127.0.0.1", 0)) for _ in range(4)]; print(*(x.getsockname()[1] for x in s))'
read -r coordinator first second web < <("$python" -c "$free_ports")

cat > "$work/prometheus.yml" << YAML
global: {scrape_interval: 2s, scrape_timeout: 2s, evaluation_interval: 2s}
rule_files: [$here/alerts.yaml]
scrape_configs:
  - job_name: try
    static_configs: [{targets: ["127.0.0.1:$first", "127.0.0.1:$second"]}]
YAML

prometheus --config.file="$work/prometheus.yml" --storage.tsdb.path="$work/data" \
  --web.listen-address="127.0.0.1:$web" > "$work/prometheus.log" 2>&1 &
pids+=($!)
for rank in 0 1; do
  port=$first
  [ "$rank" = 0 ] || port=$second
  FROND_COORDINATOR=127.0.0.1:$coordinator FROND_PROCESS_COUNT=2 FROND_PROCESS_ID=$rank \
    "${fit[@]}" "$dataset" "$work/run" --metrics-port "$port" "$@" > "$work/$rank.log" 2>&1 &
  pids+=($!)
done
echo "Logs in $work"

query() { curl --silent --noproxy '*' --get "http://127.0.0.1:$web/api/v1/query" --data-urlencode "query=$1"; }
value() { query "$1" | "$python" -c 'import json, sys; print(*(r["value"][1] for r in json.load(sys.stdin)["data"]["result"]))' 2> /dev/null; }
wait_for() {
  until [ "$(value "$1" || true)" = "$2" ]; do
    kill -0 "${pids[1]}" 2> /dev/null || { echo "Process 0 ended first:"; tail -n 20 "$work/0.log"; exit 1; }
    sleep 1
  done
}

wait_for 'count(frond_fit_steps_total{split="train"} > 0)' 2
echo "$(date +%T) both processes train"
for metric in frond_fit_rank frond_fit_epoch frond_fit_loss frond_fit_photos_per_second; do
  echo "  $metric: $(value "$metric")"
done
kill -STOP "${pids[2]}"
echo "$(date +%T) process 1 stopped"
wait_for 'count(ALERTS{alertname="FrondFitRankMissing", alertstate="firing"})' 1
echo "$(date +%T) FrondFitRankMissing fires"
code=0
wait "${pids[1]}" || code=$?
echo "$(date +%T) process 0 ended with $code"
