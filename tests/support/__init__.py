# SPDX-License-Identifier: Apache-2.0
"""What tests, demo and bench share around the binary: ports, certificates, processes, clients, backends, records."""
