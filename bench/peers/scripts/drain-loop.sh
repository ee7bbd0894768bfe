# Each process is drained by HAProxy's runtime API, restarted when it has no session left, waited
# for, made ready again (HAProxy management guide, 9.3, "set server <b>/<s> state").
admin() {
  exec 3<> /dev/tcp/127.0.0.1/9999
  echo "$1" >&3
  cat <&3
  exec 3>&-
}

# Of `show stat`: the sessions of one server (scur, the fifth field) and those that wait (qcur).
sessions() {
  admin "show stat" | while IFS=, read -r backend server waiting _ current _; do
    if [ "$backend/$server" = "web/w$1" ]; then echo $((${waiting:-0} + current)); fi
  done
}

for n in 1 2 3 4; do
  admin "set server web/w$n state drain"
  while [ "$(sessions "$n")" != 0 ]; do sleep 0.02; done
  systemctl restart "peer@$n"
  bash /opt/peers/wait-ready.sh "900$n"
  admin "set server web/w$n state ready"
done
