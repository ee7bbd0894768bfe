# One process after the other: restarted, waited for.
for n in 1 2 3 4; do
  systemctl restart "peer@$n"
  bash /opt/peers/wait-ready.sh "900$n"
done
