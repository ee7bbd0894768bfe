# Each process is taken out of nginx by a reload, restarted, waited for, put back by a reload.
site=/etc/nginx/conf.d/peer.conf

# "nginx -s reload" only sends the signal. It has happened when the workers of before say that
# they are shutting down: from then on the new ones take what comes
# (nginx.org/en/docs/control.html).
reload() {
  local before pid
  before=$(pgrep -f '^nginx: worker process$')
  nginx -s reload
  for pid in $before; do
    while grep -qs '^nginx: worker process$' <(tr -d '\0' < "/proc/$pid/cmdline" 2> /dev/null); do
      sleep 0.02
    done
  done
}

for n in 1 2 3 4; do
  sed -i "s/:900$n max_fails=0;/:900$n max_fails=0 down;/" "$site"
  reload
  systemctl restart "peer@$n"
  bash /opt/peers/wait-ready.sh "900$n"
  sed -i "s/:900$n max_fails=0 down;/:900$n max_fails=0;/" "$site"
  reload
done
