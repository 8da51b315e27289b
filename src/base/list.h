// SPDX-License-Identifier: Apache-2.0
// A doubly linked list whose links live inside the objects. The head is a link of its own; an
// object is found from its link with CONTAINER_OF. A link that is in no list points to itself.
#ifndef YETT_BASE_LIST_H
#define YETT_BASE_LIST_H

#include <stdbool.h>

struct list {
    struct list *next, *prev;
};

static inline void list_init(struct list *l)
{
    l->next = l->prev = l;
}

static inline bool list_is_empty(const struct list *l)
{
    return l->next == l;
}

// Puts `link` at the end of the list `head`; `link` must be in no list.
static inline void list_append(struct list *head, struct list *link)
{
    link->prev = head->prev;
    link->next = head;
    head->prev->next = link;
    head->prev = link;
}

static inline void list_prepend(struct list *head, struct list *link)
{
    list_append(head->next, link);
}

// Takes `link` out of whatever list it is in; harmless when it is in none.
static inline void list_remove(struct list *link)
{
    link->prev->next = link->next;
    link->next->prev = link->prev;
    list_init(link);
}

// The first of a list that has one, taken out. Says in a way that analysers follow that the head
// has another first behind it.
static inline struct list *list_take_first(struct list *head)
{
    struct list *first = head->next;
    head->next = first->next;
    first->next->prev = head;
    list_init(first);
    return first;
}

#endif
