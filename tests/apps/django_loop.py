"""
A Django project in one file that answers N requests in process: URLs, middleware, sessions, a form with
CSRF, templates, and models in sqlite.  Prints what it answered.

    django_loop.py [N]

Needs: django
"""

import hashlib
import sys

import django
from django.conf import settings

settings.configure(
    SECRET_KEY="not a secret",
    ROOT_URLCONF=__name__,
    ALLOWED_HOSTS=["testserver"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    INSTALLED_APPS=["django.contrib.sessions"],
    MIDDLEWARE=[
        "django.middleware.security.SecurityMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
    ],
    SESSION_ENGINE="django.contrib.sessions.backends.signed_cookies",
    TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates"}],
)
django.setup()

from django import forms  # noqa: E402
from django.db import connection, models  # noqa: E402
from django.http import HttpResponse, JsonResponse  # noqa: E402
from django.template import engines  # noqa: E402
from django.test import Client  # noqa: E402
from django.urls import path  # noqa: E402


class Author(models.Model):
    name = models.CharField(max_length=80)

    class Meta:
        app_label = "library"


class Book(models.Model):
    title = models.CharField(max_length=80)
    author = models.ForeignKey(Author, models.CASCADE, related_name="books")
    pages = models.IntegerField(default=0)

    class Meta:
        app_label = "library"


class BookForm(forms.ModelForm):
    class Meta:
        model = Book
        fields = ["title", "author", "pages"]


PAGE = engines["django"].from_string(
    """<h1>{{ heading|title }}</h1><ul>{% for book in books %}
<li class="{% cycle 'odd' 'even' %}">{{ book.title|upper }} by {{ book.author.name }}, {{ book.pages }} pages</li>
{% empty %}<li>none</li>{% endfor %}</ul><p>{{ visits }} visit{{ visits|pluralize }}</p>"""
)


def shelf(request, start):
    request.session["visits"] = request.session.get("visits", 0) + 1
    books = Book.objects.select_related("author").filter(pages__gte=start).order_by("title")[:20]
    return HttpResponse(
        PAGE.render({"heading": f"from {start}", "books": books, "visits": request.session["visits"]}, request)
    )


def author(request, pk):
    found = Author.objects.prefetch_related("books").get(pk=pk)
    return JsonResponse({"name": found.name, "books": [[b.title, b.pages] for b in found.books.all()]})


def add(request):
    form = BookForm(request.POST)
    if not form.is_valid():
        return JsonResponse(form.errors.get_json_data(), status=400)
    return JsonResponse({"id": form.save().pk})


urlpatterns = [
    path("shelf/<int:start>/", shelf),
    path("author/<int:pk>/", author),
    path("add/", add),
]


def fill():
    with connection.schema_editor() as editor:
        editor.create_model(Author)
        editor.create_model(Book)
    Author.objects.bulk_create(Author(name=f"Author {i}") for i in range(10))
    Book.objects.bulk_create(Book(title=f"Book {i * 7919 % 101}", author_id=i % 10 + 1, pages=i * 3) for i in range(100))


def main():
    fill()
    client, digest, n_bytes, by_status = Client(), hashlib.sha256(), 0, {}
    for i in range(int(sys.argv[1]) if len(sys.argv) > 1 else 200):
        if i % 4 == 0:
            answer = client.post("/add/", {"title": f"New {i}", "author": i % 13 + 1, "pages": i})
        elif i % 4 == 1:
            answer = client.get(f"/author/{i % 10 + 1}/")
        else:
            answer = client.get(f"/shelf/{i % 300}/")
        digest.update(answer.content)
        n_bytes += len(answer.content)
        by_status[answer.status_code] = by_status.get(answer.status_code, 0) + 1
    print(n_bytes, "bytes", digest.hexdigest(), by_status, Book.objects.count(), "books")


if __name__ == "__main__":
    main()
