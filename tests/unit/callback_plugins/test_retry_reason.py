"""A task that waits says what it waits for."""

import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[3]
PLAY = """
- hosts: localhost
  gather_facts: false
  tasks:
    - name: Wait
      ansible.builtin.debug:
        msg: us-east-1 lags by 34 s
      register: seen
      until: seen.attempts == 2
      retries: 2
      delay: 0
"""


def test_each_try_in_vain_says_what_it_saw(tmp_path):
    play = tmp_path / "play.yml"
    play.write_text(PLAY)
    environment = {**os.environ, "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "LC_ALL": "C.UTF-8"}
    command = ["ansible-playbook", "-i", "localhost,", "-c", "local", str(play)]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines().count("    us-east-1 lags by 34 s") == 1
