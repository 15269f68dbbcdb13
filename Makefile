# What a person and CI both call. `make help` lists it; nothing needs to be installed beforehand but make, git and Python.

SHELL := /bin/bash
.DEFAULT_GOAL := help

# The first Python that the locked packages support; PYTHON=… on the command line overrides.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' 2>/dev/null && echo $$p && break; done)

# Arguments for the program behind a command: make deploy ARGS='--check --diff', make test-unit ARGS='-k dns'.
ARGS ?=

export PATH := $(CURDIR)/.venv/bin:$(PATH)
# Named, because Ansible ignores the file in a checkout that others may write to.
export ANSIBLE_CONFIG := $(CURDIR)/ansible.cfg
# Ansible insists on UTF-8.
export LC_ALL := C.UTF-8
# uv trusts its own list of authorities unless told to take the system's, which company networks need.
export UV_SYSTEM_CERTS := 1
# Terraform looks for new releases of itself unless told not to.
export CHECKPOINT_DISABLE := 1

terraform = $(if $(wildcard build/tools/terraform),"$(CURDIR)/build/tools/terraform",terraform)
# A data folder of its own, so that linting never touches what a deployment works with.
terraform_lint = TF_DATA_DIR="$(CURDIR)/build/lint/terraform" \
	$(if $(wildcard build/terraform.rc),TF_CLI_CONFIG_FILE="$(CURDIR)/build/terraform.rc") $(terraform) -chdir=terraform

# $(call play,name): a playbook against the sandbox, as the deployer in the management account.
play = settings="$$(python -m sandbox env --account management)" && eval "$$settings" && \
	exec ansible-playbook -i inventories/sandbox playbooks/$(1).yml $(ARGS)

.PHONY: help setup setup-dev deploy verify destroy test test-unit test-roles test-scenarios lint bench drill lock clean \
	sandbox-up sandbox-down sandbox-status sandbox-env

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## install what the machine lacks, for deploying (the other commands call it)
	@$(require_python)
	@$(PYTHON) -m setup run

setup-dev: ## the same, for tests and linters too
	@$(require_python)
	@$(PYTHON) -m setup dev

deploy: sandbox-up ## deploy both regions to the local AWS and prove it
	@$(call play,deploy)

verify: setup ## prove that the standby could take over now, changing nothing
	@$(call play,verify)

destroy: setup ## remove what deploy made; asks for the environment's name
	@$(call play,destroy)

# The scenarios wait for most of their time, so that the rest runs beside them; each part of it prints when it is done.
test: setup-dev ## lint, unit tests, roles, scenarios: what CI runs
	@$(MAKE) --no-print-directory --keep-going --jobs=2 test-scenarios test-rest

.PHONY: test-rest
test-rest:
	@$(MAKE) --no-print-directory --keep-going --jobs=1 --output-sync=target lint test-unit test-roles

# More processes than processors: these tests wait for servers and for deadlines.
test-unit: setup-dev ## the tests that need no deployment
	@echo "== unit tests"
	@python -m pytest tests/unit tests/contract --quiet --numprocesses=4 --dist=loadscope --durations=10 $(ARGS)

test-roles: setup-dev ## the roles that need no AWS, with the inventories of production and staging
	@echo "== roles"
	@rm -rf build/molecule
	@MOLECULE_GLOB='tests/molecule/*/molecule.yml' molecule test --all --no-command-borders $(ARGS)

test-scenarios: setup-dev ## deployments to a local AWS of their own, and what must hold there
	@echo "== scenarios"
	@python -m pytest tests/scenarios --durations=10 $(ARGS)

# The pieces share nothing, so they run side by side; each prints when it is done.
lint: setup-dev ## every linter and static check
	@$(MAKE) --no-print-directory --keep-going --output-sync=target --jobs=$$(nproc) \
		lint-terraform lint-checkov lint-ansible lint-yaml lint-python

.PHONY: lint-terraform lint-checkov lint-ansible lint-yaml lint-python
lint-terraform:
	@echo "== terraform fmt, validate, test"
	@$(terraform_lint) fmt -check -diff -recursive
	@$(terraform_lint) init -no-color -backend=false -input=false -lockfile=readonly >/dev/null
	@$(terraform_lint) validate -no-color
	@$(terraform_lint) test -no-color

lint-checkov:
	@echo "== checkov"
	@build/tools/checkov/bin/checkov --directory terraform --framework terraform --skip-download --compact --quiet

lint-ansible:
	@echo "== ansible-lint"
	@ansible-lint --offline --profile production

lint-yaml:
	@echo "== yamllint"
	@yamllint --strict .

lint-python:
	@echo "== ruff, mypy"
	@ruff check
	@ruff format --check
	@mypy

bench: setup-dev ## measure against the bare equivalents, in one run each; prove 10,000 payments
	@python -m tests.bench $(ARGS)

drill: setup-dev sandbox-up ## outages of the deployed local AWS at AWS's timings: load, recovery, proof of every payment
	@settings="$$(python -m sandbox env --account management)" && eval "$$settings" && exec python -m tests.bench.drills $(ARGS)

sandbox-up: setup ## start the local AWS in the background
	@python -m sandbox up $(ARGS_SANDBOX)

sandbox-down: setup ## stop it
	@python -m sandbox down $(ARGS_SANDBOX)

sandbox-status: setup ## one screen about it
	@python -m sandbox status $(ARGS_SANDBOX)

sandbox-env: ## exports for any AWS client: eval "$(make -s sandbox-env)"
	@$(require_python)
	@$(PYTHON) -m setup run >&2
	@python -m sandbox env $(ARGS_SANDBOX)

lock: setup-dev ## lock requirements/*.in and the functions' again, with the newest versions that fit
	@cd requirements && for name in uv run dev checkov awscli; do \
		uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-header \
			$$name.in --output-file $$name.txt || exit; done
	@# For the processor and Python of Lambda alone, as roles/lambda_package installs it.
	@for name in payments failover; do \
		(cd lambda/$$name && uv pip compile --quiet --upgrade --python-version 3.13 --python-platform aarch64-manylinux_2_28 \
			--only-binary :all: --generate-hashes --no-header --no-annotate requirements.in --output-file requirements.txt) || exit; done

clean: ## stop the local AWS and remove everything that was built
	@if [ -x .venv/bin/python ]; then python -m sandbox down; fi
	@rm -rf build .venv .pytest_cache .ruff_cache .mypy_cache .hypothesis

define require_python
if [ -z "$(PYTHON)" ]; then \
	echo "Python 3.11, 3.12 or 3.13 is needed. Type: sudo apt-get update && sudo apt-get install -y python3.11" >&2; exit 1; fi
endef
