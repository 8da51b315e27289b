// SPDX-License-Identifier: Apache-2.0
// Hashes of known passwords, as cheap as their schemes allow.
#ifndef YETT_TESTS_UNIT_FILTER_HASHES_H
#define YETT_TESTS_UNIT_FILTER_HASHES_H

// "correct horse"
#define HASH_YESCRYPT "$y$j75$0jGxzFNmlcZ6vfFIsiwjv/$eYny3NI6XbMe/DCodd7SYYNLzQLM/yixcNZ0Uc3fcc3"
// "secret:with colon"
#define HASH_BCRYPT "$2y$04$AoPiWEtxbQkl6tba4QfZyODxFhM4vFz1NQZyyas4Cegub6g3.BrhO"
// "pass6"
#define HASH_SHA512                                                                                \
    "$6$rounds=1000$lJj9E1ReOj704XV9$mIlV3d3zU.XAYqIOKDLUrObHaM/7h6.928AjmtoUOTfjH/"               \
    "xMV7OYabxg.CN81PVvXcu.jruu4zoCqlZO3lUdD."
// "pass5"
#define HASH_SHA256 "$5$OrmOh4ARvdpIFkw4$vtAK8KmXdUrBvv0Xke01kT2BrgHj4kbzepDwvsmChz1"

#endif
