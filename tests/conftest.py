"""Makes the modules importable by name, and module_utils as Ansible has it: ansible.module_utils.payments_dr."""

import sys
from pathlib import Path

import ansible.module_utils

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "library"))
ansible.module_utils.__path__.append(str(ROOT / "module_utils"))
