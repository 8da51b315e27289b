#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Writes benign.jsonl: requests of honest clients, made of the texts in benign/. The texts are what counts: each is sent the ways a
real client would send it. Run it again after adding to them; the result is committed, so that a change shows in review."""

import base64
import json
import pathlib
import random
import sys
import zlib
from urllib.parse import quote, quote_plus, urlencode

HERE = pathlib.Path(__file__).resolve().parent
TEXTS = HERE / "benign"

CHROME = """User-Agent: Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 Safari/537.36
sec-ch-ua: "Chromium";v="124", "Google Chrome";v="124", "Not-A.Brand";v="99"
sec-ch-ua-mobile: ?0
sec-ch-ua-platform: "Windows"
Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8,application/signed-exchange;v=b3;q=0.7
Accept-Encoding: gzip, deflate, br, zstd
Accept-Language: de-DE,de;q=0.9,en-US;q=0.8,en;q=0.7
Upgrade-Insecure-Requests: 1
Sec-Fetch-Site: same-origin
Sec-Fetch-Mode: navigate
Sec-Fetch-User: ?1
Sec-Fetch-Dest: document
Cookie: _ga=GA1.2.1234567890.1700000000; _gid=GA1.2.987.1700000001; session=eyJpZCI6MX0.ZfA.b-c_d; theme=dark"""
FIREFOX = """User-Agent: Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:125.0) Gecko/20100101 Firefox/125.0
Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8
Accept-Language: fr,fr-FR;q=0.8,en-US;q=0.5,en;q=0.3
Accept-Encoding: gzip, deflate, br
DNT: 1
Sec-GPC: 1
Cookie: cookieconsent={"necessary":true,"analytics":false,"ts":"2024-03-05T10:00:00.000Z"}; csrftoken=aB3+/=="""
SAFARI = """User-Agent: Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Safari/605.1.15
Accept: */*
Accept-Language: en-GB,en;q=0.9
Accept-Encoding: gzip, deflate, br
Origin: https://www.example.com
Referer: https://www.example.com/search?q=o%27reilly&page=2"""
IPHONE = """User-Agent: Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Mobile/15E148 Safari/604.1
Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8
Accept-Language: ja-JP,ja;q=0.9
Cookie: OptanonConsent=isGpcEnabled=0&datestamp=Tue+Mar+05+2024+10%3A00%3A00+GMT%2B0100+(CET)&version=202401.1.0&groups=C0001%3A1%2CC0002%3A0; euconsent-v2=CPzHq4APzHq4AAHABBENAuCsAP_AAH_AAAAAF5wBgAAA"""
ANDROID = """User-Agent: Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.6367.82 Mobile Safari/537.36
X-Requested-With: com.example.app
Accept: application/json, text/plain, */*
sec-ch-ua-platform: "Android"
X-Forwarded-For: 198.51.100.7, 10.0.0.2
X-Forwarded-Proto: https"""
SMALL = [
    "User-Agent: curl/8.5.0\nAccept: */*",
    "User-Agent: Wget/1.21.4\nAccept: */*\nAccept-Encoding: identity",
    "User-Agent: python-requests/2.31.0\nAccept: */*\nAuthorization: Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
    "User-Agent: okhttp/4.12.0\nX-App-Version: 5.3.1 (build 812; release)\nX-Device-Id: 3f2504e0-4f89-11d3-9a0c-0305e82c3301",
    "User-Agent: MyShop/3.2 (com.example.shop; build:42; iOS 17.4.1) Alamofire/5.9.0\nX-Signature: k3/Jx+9=; keyId=\"a\",alg='rsa'",
    "User-Agent: Go-http-client/1.1\nX-Request-Id: 01HQZ8; span=1; parent=(none)",
    "User-Agent: axios/1.6.7\nX-CSRF-Token: a1b2+c3/d4==\nX-Requested-With: XMLHttpRequest",
    "User-Agent: GitHub-Hookshot/abc123\nX-GitHub-Event: push\nX-Hub-Signature-256: sha256=9f86d081884c7d659a2feaa0c55ad015",
    "User-Agent: Apache-HttpClient/4.5.14 (Java/17.0.9)\nSOAPAction: \"http://tempuri.org/IService/Get\"",
    "User-Agent: PostmanRuntime/7.37.0\nPostman-Token: 0c1b2a3d-0000-4444-8888-abcdefabcdef\nCache-Control: no-cache",
    "User-Agent: Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)\nFrom: googlebot(at)googlebot.com",
    "User-Agent: Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
    "User-Agent: facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
    "User-Agent: Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
    "User-Agent: UptimeRobot/2.0 (http://www.uptimerobot.com/; like 'monitor')",
    "User-Agent: kube-probe/1.29\nAccept: */*",
    "User-Agent: Prometheus/2.50.1\nAccept: application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,*/*;q=0.1",
    "User-Agent: Feedly/1.0 (+http://www.feedly.com/fetcher.html; 12 subscribers; like FeedFetcher-Google)",
    "User-Agent: Dalvik/2.1.0 (Linux; U; Android 13; SM-S908B Build/TP1A.220624.014)",
    "User-Agent: Opera/9.80 (J2ME/MIDP; Opera Mini/7.1.32052/191.340; U; en) Presto/2.12.423 Version/12.16",
    "User-Agent: Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 6.1; Trident/4.0; .NET CLR 2.0.50727; InfoPath.2)",
]
BROWSERS = [CHROME, FIREFOX, SAFARI, IPHONE, ANDROID]
CLIENTS = BROWSERS + SMALL

PATHS = """/ /index.html /about-us /en/products/table-lamps/drop-leaf-lamp-2 /wp-content/themes/x/style.css?ver=6.4.3 /static/js/main.9f2c1e7a.chunk.js /api/v1/users/42
/favicon.ico /robots.txt /sitemap.xml /.well-known/acme-challenge/abc_DEF-123 /.well-known/security.txt /apple-touch-icon.png /manifest.webmanifest /health /healthz /metrics
/status?full=true /blog/2024/03/how-to-select-a-bank-from-the-union /blog/sql-injection-explained /wiki/C%2B%2B /wiki/O%27Reilly_Media /wiki/Caf%C3%A9 /files/Report%20(final)%20v2.pdf
/download/a..b.txt /docs/../docs/a.html /img/photo@2x.png /@user/posts /~anna/ /a;jsessionid=1A2B3C4D /cart?item[]=1&item[]=2&item[]=3 /search?q=&page=1 /list?sort=-date,name
/list?sort=price+desc&filter[price][gte]=10&filter[price][lte]=20 /list?order_by=name&order=asc&limit=10&offset=20 /list?fields=id,name,tags(id,name)&include=author
/odata/Items?$filter=Price%20gt%2010%20and%20Name%20eq%20%27Milk%27&$orderby=Name%20desc&$top=5 /jira/rest/api/2/search?jql=project%20%3D%20ABC%20AND%20status%20%3D%20%22In%20Progress%22%20ORDER%20BY%20created
/solr/select?q=title:(union+AND+select)&fq=date:[NOW-1DAY+TO+NOW]&rows=10&wt=json /prom/api/v1/query?query=sum(rate(http_requests_total{job=%22api%22,code=~%225..%22}[5m]))%20by%20(code)
/graphql?query=%7Buser(id%3A1)%7Bname%20posts(first%3A5)%7Btitle%7D%7D%7D&variables=%7B%22a%22%3A1%7D /callback?code=4/0AX4XfWh&state=xyz%2Fabc&scope=email%20profile%20openid
/login?next=/account?tab=orders%26page=2 /login?returnUrl=https%3A%2F%2Fshop.example.com%2Fcart%3Fa%3D1%26b%3D2 /redirect?url=https://partner.example.net/landing?ref=5 /share?text=It%27s%20great%21%20%26%20fun&url=https%3A%2F%2Fexample.com
/oauth/authorize?response_type=code&client_id=abc&redirect_uri=http://localhost:8080/cb&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256
/collect?v=2&tid=G-ABC123&gtm=45je43&_p=1700000000&cid=123.456&ul=de-de&sr=1920x1080&dl=https%3A%2F%2Fexample.com%2F%3Fq%3Do%2527reilly&dt=Home%20%7C%20Example&en=page_view&_et=12&ep.x=a%3Db%3Bc
/pixel.gif?e=click&el=%23nav%20%3E%20a.btn%5Bhref%3D%22%2Fcart%22%5D&t=1700000000&u=https%3A%2F%2Fexample.com%2Fa%3Fb%3Dc%23d /tr?id=1&ev=PageView&dl=https%3A%2F%2Fexample.com%2F&rl=&if=false&cd[value]=10.5&cd[currency]=EUR&sw=390&sh=844
/matomo.php?action_name=Men%27s%20Shoes%20-%20Shop&idsite=1&rec=1&r=123&h=10&m=1&s=2&url=https%3A%2F%2Fexample.com%2Fp%3Fid%3D5&_id=abc&send_image=1&pv_id=x1&pf_net=1&cookie=1&res=1920x1080
/ads?iu=/123/home&sz=300x250|728x90&t=pos%3D1%26cat%3Dnews&cust_params=a%3D1%26b%3D2%2C3&correlator=1 /suggest?q=sel&client=firefox /suggest?q=o%27b /autocomplete?term=dr&limit=10
/maps/tile?x=1&y=2&z=3&bbox=13.3,52.4,13.5,52.6 /weather?lat=52.52&lon=13.405&units=metric&exclude=minutely,hourly /img?src=/uploads/2024/a.jpg&w=300&h=200&fit=crop&q=80 /thumb?url=http%3A%2F%2Fcdn.example.com%2Fb.png
/s3/bucket/key?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIA%2F20240305%2Feu-central-1%2Fs3%2Faws4_request&X-Amz-Date=20240305T100000Z&X-Amz-Expires=900&X-Amz-SignedHeaders=host&X-Amz-Signature=abcdef
/report?from=2024-01-01&to=2024-12-31&group_by=month&columns=a,b,c&format=csv /item/123-456?variant=red/large&qty=2 /p/?id=1,2,3 /p/?id=-1 /p/?id=1-2 /p/?id=0x1F /p/?price=10..20 /p/?d=1/2 /p/?ratio=4:3 /p/?x=1e-5 /p/?a=b=c
/unsubscribe?e=pat%2Bnews%40example.com&h=9f86d081 /confirm/eyJ1IjoxfQ.abc-DEF_123 /t/c/aHR0cHM6Ly9leGFtcGxlLmNvbS9hP2I9Yw== /r?u=aHR0cHM6Ly93d3cuZXhhbXBsZS5jb20vcGF0aD94PTEmeT0y /view?data=eyJuYW1lIjoiTydCcmllbiIsImFnZSI6NDJ9
/fonts/inter.woff2?v=3.19&display=swap /css2?family=Roboto:ital,wght@0,400;0,700;1,400&family=Open+Sans:wght@300..800&display=swap /npm/bootstrap@5.3.3/dist/css/bootstrap.min.css /gh/user/repo@1.0/file.js /combo?a.js&b.js&c.js
/cgi-bin/status /app.php/dashboard /index.php?option=com_content&view=article&id=5:welcome&Itemid=101 /index.php?title=Special:Search&search=select+from&go=Go /viewtopic.php?f=2&t=100 /node/5?destination=node/6
/admin/users?page=2&per_page=50 /export.xlsx?sheet=Q1%20%26%20Q2 /print?doc=Invoice%20%23123 /tel?n=%2B49%2030%20123456 /color?c=%23ff8800 /time?tz=Europe/Berlin&t=10:30:00%2B01:00 /calc?e=1%2B2*3 /json?callback=jQuery1234_1700000000&_=1700000001
/video/seg-1-v1-a1.ts /hls/master.m3u8?token=exp=1700000000~acl=/hls/*~hmac=abcdef /ws?EIO=4&transport=polling&t=OtX9f&sid=abc-123 /sockjs-node/info?t=1700000000 /signalr/negotiate?clientProtocol=2.1&connectionData=%5B%7B%22name%22%3A%22hub%22%7D%5D
/wp-json/wp/v2/posts?per_page=3&_embed=wp:term,author /wp-admin/admin-ajax.php?action=heartbeat /feed/?cat=5 /?p=123 /?s=union+select+committee /?utm_source=newsletter&utm_medium=email&utm_campaign=spring_sale_50%25 /?fbclid=IwAR0x-y_z /?gclid=Cj0KCQjw&gad_source=1
/actuator/health /server-status?auto /v2/_catalog /repo.git/info/refs?service=git-upload-pack /pypi/simple/requests/ /debian/dists/stable/InRelease /maven2/org/apache/commons/commons-lang3/3.12.0/commons-lang3-3.12.0.pom""".split()

COOKIES = [
    "a=1; b=2; c=\"quoted value\"; d=",
    "prefs={\"lang\":\"de\",\"sort\":\"price,asc\",\"seen\":[1,2,3]}; id=O'Brien",
    "_hjSessionUser_123=eyJpZCI6IjEyMyIsImNyZWF0ZWQiOjE3MDAwMDAwMDAwMDAsImV4aXN0aW5nIjp0cnVlfQ==; _fbp=fb.1.1700000000.123",
    "OptanonAlertBoxClosed=2024-03-05T10:00:00.000Z; OptanonConsent=interactionCount=1&landingPath=NotLandingPage&groups=1%3A1%2C2%3A0",
    "CookieConsent={stamp:%27abc+/=%27%2Cnecessary:true%2Cpreferences:false%2Cstatistics:false%2Cmarketing:false%2Cmethod:%27explicit%27%2Cver:1}",
    "__utmz=1.1700000000.1.1.utmcsr=google|utmccn=(organic)|utmcmd=organic|utmctr=(not%20provided)",
    "sbjs_first=typ%3Dutm%7C%7C%7Csrc%3Dgoogle%7C%7C%7Cmdm%3Dcpc%7C%7C%7Ccmp%3D(none); sbjs_session=pgs%3D2%7C%7C%7Ccpg%3Dhttps%3A%2F%2Fexample.com%2F",
    "JSESSIONID=0000aBcD:-1; XSRF-TOKEN=1%7Cabc%2Fdef%3D%3D; laravel_session=eyJpdiI6IkFCQyIsInZhbHVlIjoiREVGIiwibWFjIjoiMSJ9",
    "wp-settings-1=libraryContent%3Dbrowse%26editor%3Dhtml; wordpress_logged_in_x=anna%7C1700000000%7CaBc%7Cdef",
    "mp_1_mixpanel=%7B%22distinct_id%22%3A%22%24device%3A18%22%2C%22%24initial_referrer%22%3A%22%24direct%22%7D",
    "ajs_user_id=%22u-1%22; ajs_group_id=null; amplitude_id=eyJkIjoiMSJ9; intercom-id=abc-123",
    "redirect=https%3A%2F%2Fshop.example.com%2Fcart%3Fa%3D1%26b%3D2; lastSearch=men%27s%20shoes%20%26%20boots",
]
ACCEPTS = [
    "Range: bytes=0-1023\nIf-None-Match: W/\"5f-18b\", \"x\"\nIf-Modified-Since: Tue, 05 Mar 2024 10:00:00 GMT",
    "Cache-Control: max-age=0, no-cache\nPragma: no-cache\nPriority: u=0, i",
    "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\ntracestate: rojo=00f067aa0ba902b7,congo=t61rcWkgMzE\nbaggage: userId=alice,isProduction=false",
    "X-Amz-Date: 20240305T100000Z\nAuthorization: AWS4-HMAC-SHA256 Credential=AKIA/20240305/us-east-1/execute-api/aws4_request, SignedHeaders=host;x-amz-date, Signature=abc",
    "Authorization: Basic YW5uYTpzM2NyZXQnOy0tIw==\nX-Api-Key: k_live_9aX2/+bQ==",
    "Authorization: Digest username=\"anna\", realm=\"x@example.com\", nonce=\"dcd98b\", uri=\"/dir/index.html?a=1\", qop=auth, nc=00000001, cnonce=\"0a4f\", response=\"6629\"",
    "X-Forwarded-For: 203.0.113.195, 2001:db8:85a3::8a2e:370:7334\nForwarded: for=192.0.2.60;proto=http;by=\"[2001:db8::1]\"\nVia: 1.1 vegur, 1.0 fred (squid/3.1)",
    "Sentry-Trace: 12345678901234567890123456789012-1234567890123456-1\nX-B3-TraceId: 463ac35c9f6413ad\nX-Client-Data: CIW2yQEIpLbJAQ==",
    "Referer: https://www.google.com/search?q=how+to+%22select+from%22+a+table+%26+drop+rows+%3C+5&ie=UTF-8\nX-Request-Start: t=1700000000.123",
    "Referer: android-app://com.google.android.googlequicksearchbox/\nSave-Data: on\nDevice-Memory: 8\nRTT: 50\nECT: 4g",
    "Referer: https://example.com/a?b=%7B%22c%22%3A%5B1%2C2%5D%7D&d=(e|f)#g=h;i\nOrigin: null",
    "X-Datadog-Tags: _dd.p.tid=65e6;_dd.p.dm=-0\nX-Cloud-Trace-Context: 105445aa7843bc8bf206b12000100000/1;o=1\nX-Plan: pro; seats=5, region='eu'",
    "Accept-Language: zh-CN,zh;q=0.9,en;q=0.8\nX-City: M%C3%BCnchen\nX-Title: It's a \"test\" & more <draft>",
    "sec-ch-ua: \" Not A;Brand\";v=\"99\", \"(Not(A:Brand\";v=\"8\", \"Chromium\";v=\"101\"\nsec-ch-ua-full-version-list: \"Not=A?Brand\";v=\"99.0.0.0\"",
    "sec-ch-ua: \"Not)A;Brand\";v=\"24\", \"Google Chrome\";v=\"116\", \";Not A Brand\";v=\"99\"\nsec-ch-ua-arch: \"\"\nsec-ch-prefers-color-scheme: dark",
    "X-Forwarded-Client-Cert: By=spiffe://a.example/ns/b;Hash=468ed33be74eee6556d90c0149c1309e;Subject=\"CN=O'Brien,OU=R&D\";URI=spiffe://c.example/d",
    "X-SSL-Client-DN: /C=DE/O=Müller & Co/CN=a.example\nX-Amzn-Trace-Id: Root=1-67891233-abcdef012345678912345678;Sampled=0".replace("ü", "u"),
    "Report-To: {\"group\":\"default\",\"max_age\":86400,\"endpoints\":[{\"url\":\"https://r.example/a?b=c&d=e\"}]}\nNEL: {\"report_to\":\"default\"}",
    "If: (<urn:uuid:181d4fae-7d8c-11d0-a765-00a0c91e6bf2> [\"I am an ETag\"]) ([\"another\"])\nDepth: 1, noroot\nDestination: https://dav.example.com/a%20(b)/c.txt",
    "Prefer: return=representation; wait=10\nAccept-Patch: application/json-patch+json;q=0.9, */*;q=0.1\nTE: trailers, deflate;q=0.5",
    "Authorization: OAuth realm=\"x\", oauth_consumer_key=\"a\", oauth_signature=\"wOJIO9A2W5mFwDgiDvZbTSMK%2FPY%3D\", oauth_timestamp=\"137131200\"",
    "Authorization: Negotiate TlRMTVNTUAABAAAAB4IIogAAAAAAAAAAAAAAAAAAAAAKALpHAAAADw==\nWWW-Authenticate: x",
    "X-Wap-Profile: \"http://wap.example.com/uaprof/SM-G900.xml\"\nX-Operamini-Phone-UA: NokiaC3-00/5.0 (04.60) Profile/MIDP-2.1 Configuration/CLDC-1.1",
    "Content-Disposition: attachment; filename=\"it's a file; v2.txt\"; filename*=UTF-8''it%27s%20a%20file.txt\nSlug: A B & C",
    "X-Query: status:open AND (owner:me OR owner:'team a') -label:wontfix\nX-Sort: created desc, id asc\nX-Fields: id,name,items(id,price)",
    "X-Comment: it's 5 o'clock -- call me; ok?\nX-Price: 10 < x, or x > 50\nX-Path: ../shared/a.txt",
    "X-Log: 2024-03-05 10:00:01 [main] INFO c.e.App - user='anna' or guest=1 (see #12)\nX-Expr: a=b&&c!=d",
    "Link: <https://api.example.com/items?page=2>; rel=\"next\", </style.css>; rel=preload; as=style\nSOAPAction: \"urn:example#getItem\"",
    "User-Agent: Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 Mobile/21E219 [FBAN/FBIOS;FBAV/450.0.0.38.108;FBBV/567;FBDV/iPhone14,5;FBCR/]",
    "User-Agent: Mozilla/5.0 (Linux; U; Android 4.0.3; de-ch; HTC Sensation Build/IML74K) AppleWebKit/534.30 (KHTML, like Gecko) {tablet; x='1'}",
    "User-Agent: Java/1.8.0_402\nX-Requested-By: JIRA (v9.12; build #912000)\nX-Atlassian-Token: no-check",
    "Content-Security-Policy-Report-Only: default-src 'self'; script-src 'none'\nX-Note: please call back; tel (030) 123-456",
]
SOAP = """<?xml version="1.0" encoding="utf-8"?>
<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soap:Body>
<Create xmlns="http://tempuri.org/"><title>%s</title><amount currency="EUR">12.50</amount></Create></soap:Body></soap:Envelope>"""


def lines(name):
    return (TEXTS / name).read_text(encoding="utf-8").splitlines()


def prose():
    return [line.replace("\\n", "\n") for line in lines("prose.txt")]


def snippets():
    parts = ("\n" + (TEXTS / "snippets.txt").read_text(encoding="utf-8")).split("\n==== ")[1:]
    return [part.split("\n", 1) for part in parts]


def multipart(fields):
    boundary = "----WebKitFormBoundary7MA4YWxkTrZu0gW"
    body = ""
    for name, file, kind, text in fields:
        body += f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"' + (f'; filename="{file}"' if file else "") + "\r\n"
        body += (f"Content-Type: {kind}\r\n" if kind else "") + f"\r\n{text}\r\n"
    return f"Content-Type: multipart/form-data; boundary={boundary}", body + f"--{boundary}--\r\n"


def xml_text(text):
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


class Writer:
    def __init__(self):
        self.random = random.Random(20240305)
        self.lines = {}
        self.halves = [[], []]
        self.text = ""  # what the next requests are made of

    def client(self):
        return self.random.choice(CLIENTS)

    def browser(self):
        return self.random.choice(BROWSERS)

    def put(self, kind, head, client, body=None, fields=""):
        given = {line.split(":")[0].lower() for line in fields.split("\n")}
        kept = [line for line in client.split("\n") if line.split(":")[0].lower() not in given]
        text = "\n".join([head, *kept, *fields.split("\n")]).rstrip("\n") + ("\n\n" + body if body is not None else "")
        self.add({"expect": "pass", "class": kind, "request": text})

    def add(self, request):
        line = json.dumps(request)
        self.lines[line] = None
        self.halves[zlib.crc32(self.text.encode()) & 1].append(line)

    def form(self, kind, path, values):
        self.put(kind, f"POST {path}", self.browser(), urlencode(values), "Content-Type: application/x-www-form-urlencoded")

    def json(self, kind, path, value, method="POST"):
        self.put(kind, f"{method} {path}", self.client(), json.dumps(value, ensure_ascii=False), "Content-Type: application/json")

    def multipart(self, kind, path, fields):
        field, body = multipart(fields)
        self.put(kind, f"POST {path}", self.browser(), body, field)


def write_prose(w):
    texts = prose()
    for i, text in enumerate(texts):
        w.text = text
        w.form("prose-form", "/contact", {"name": "Pat O'Brien", "email": "pat@example.com", "subject": texts[i - 7][:60], "message": text})
        w.json("prose-json", "/api/comments", {"post": 5, "comment": {"text": text, "title": texts[i - 3].split(";")[0]}})
        w.put("prose-query", f"GET /share?text={quote_plus(text)}&lang=en", w.browser())
        if i % 2:
            w.multipart("prose-multipart", "/support", [("subject", "", "", texts[i - 5][:80]), ("body", "", "", text)])
        else:
            w.put("prose-soap", "POST /ws", w.client(), SOAP % xml_text(text), "Content-Type: text/xml; charset=utf-8")
        w.form("prose-long", "/forum/reply", {"topic": "12", "body": "\r\n\r\n".join([text, texts[i - 11], texts[i - 29]])})


def write_searches(w):
    for i, text in enumerate(lines("searches.txt")):
        w.text = text
        w.put("search", f"GET /search?q={quote_plus(text)}&page={i % 5 + 1}", w.browser())
        if i % 2:
            w.put("search", f"GET /s/{quote(text, safe='')}".replace("%2F", "-").replace("%5C", "-"), w.client())
        else:
            w.json("search-json", "/api/search", {"query": text, "filters": {"brand": ["O'Neill", "H&M"]}, "sort": "price desc"})


def write_lines(w):
    """One line of code, of a log, of markup, of an address: nothing else in the value."""
    for i, text in enumerate(lines("lines.txt")):
        w.text = text
        w.form("line-form", "/comments", {"title": text, "token": "a+b/c="})
        if i % 2:
            w.json("line-json", "/api/comments", {"comment": {"body": text}})
        else:
            w.put("line-search", f"GET /search?q={quote_plus(text)}", w.browser())


def write_snippets(w):
    for i, (language, text) in enumerate(snippets()):
        w.text = text = text.rstrip("\n")
        w.form("code-form", "/paste", {"language": language, "title": f"my {language} question", "code": text.replace("\n", "\r\n")})
        w.json("code-json", "/api/snippets", {"lang": language, "files": [{"name": f"a.{language}", "content": text}]})
        w.json("code-post", "/api/issues", {"title": f"Problem with {language}", "body": f"Hi all,\n\nI tried this:\n\n```{language}\n{text}\n```\n\nAny idea? Thanks!"})
        w.multipart("code-upload", "/upload", [("note", "", "", "see attachment"), ("file", f"a.{language}", "text/plain", text)])
        w.form("code-indented", "/forum/new", {"subject": "Help", "body": "Hello,\n\n" + "\n".join("    " + x for x in text.split("\n")) + "\n\nbye"})
        if i % 2:
            w.json("code-base64", "/api/contents", {"path": f"src/a.{language}", "content": base64.b64encode(text.encode()).decode()}, "PUT")
        else:
            w.put("code-raw", f"PUT /files/a.{language}", w.client(), text, "Content-Type: text/plain; charset=utf-8")


def write_bodies(w):
    for i, line in enumerate(lines("bodies.jsonl")):
        w.text = line
        w.put("json", f"POST /api/v1/{'hooks' if i % 2 else 'items'}", w.client(), line, "Content-Type: application/json")
        w.put("json-beacon", "POST /collect", w.browser(), line, "Content-Type: text/plain;charset=UTF-8")
        if i % 2:
            w.json("json-wrapped", "/api/batch", {"requests": [{"method": "POST", "url": "/items?x=1&y=2", "body": json.loads(line)}]})
        else:
            w.form("json-in-form", "/ajax", {"payload": line, "token": "a/b+c=="})


def write_requests(w):
    for line in lines("requests.jsonl"):
        request = json.loads(line)
        w.text = request["request"]
        start, rest = w.text.split("\n", 1)
        fields, body = rest.split("\n\n", 1)
        w.put(request["class"], start, w.browser(), body, fields)


def write_urls(w):
    for url in lines("urls.txt"):
        w.text = url
        w.put("url", "GET " + quote(url, safe="/?&=;:@,+$!*'()~.-_%[]"), w.client())


def write_fields(w):
    for field in lines("fields.txt"):
        w.text = field
        w.put("field", "GET " + w.random.choice(PATHS), w.client(), None, field)


def write_visits(w):
    for i, path in enumerate(PATHS):
        w.text = path
        w.put("visit", f"GET {path}", w.browser(), None, w.random.choice(ACCEPTS[:2]))
        w.put("visit", f"{'HEAD' if i % 9 == 0 else 'GET'} {path}", w.random.choice(SMALL), None, w.random.choice(ACCEPTS))
    for client in CLIENTS[::2]:
        for field in ACCEPTS:
            w.put("client", "GET " + w.random.choice(PATHS), client, None, field)
    for cookie in COOKIES:
        w.text = cookie
        for _ in range(4):
            w.put("cookie", "GET " + w.random.choice(PATHS), "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:125.0) Gecko/20100101 Firefox/125.0", None, "Cookie: " + cookie)


def write_names(w):
    names = "O'Brien|D'Angelo|Null|Select|Ng|Al-'Abbas|Müller-Lüdenscheidt|van 't Hoff|Jr., Sammy Davis|Smith; Jones|José|李小龍|Иванов|Order|Groß|Union".split("|")
    for i, name in enumerate(names):
        w.text = name
        w.form("signup", "/register", {"first": "Anna", "last": name, "email": f"x{i}+{i}@example.com", "password": "a'b\"c--#;$(){}<>" + str(i), "agree": "on"})
        w.json("signup-json", "/api/users", {"name": name, "bio": f"I'm {name} -- hello!", "url": f"http://{i}.example.com/?a=b&c=d"})
        w.put("signup-name", f"GET /people?name={quote_plus(name)}&dept=R%26D", w.browser())
        w.form("login", "/login", {"username": f"user{i}'s", "password": ["pass' or word", "1=1?yes!", "x--y", "a;b;c", "<3<3", "100%", "\\o/", "$(cash)"][i % 8], "next": "/a?b=c&d=e"})


def write_uploads(w):
    png = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==").decode("latin-1")
    files = [("photo (1).png", "image/png"), ("Pat's résumé; final.docx", "application/octet-stream"), ("data & notes.csv", "text/csv"), ("a.b.tar.gz", "application/gzip"), ("IMG_1234.HEIC", "image/heic"), ("スクリーンショット.png", "image/png")]
    for name, kind in files:
        w.text = name
        for caption in ("It's me & my dog <3", "a; b | c", "100% -- done", "select photo from album"):
            field, body = multipart([("caption", "", "", caption), ("file", name, kind, "\0DATA\0")])
            octets = body.encode().replace(b"\0DATA\0", png.encode("latin-1") * 3)
            text = f"POST /photos\n{w.browser()}\n{field}\n\n".encode() + octets
            w.add({"expect": "pass", "class": "upload", "base64": base64.b64encode(text).decode()})
        field, body = multipart([("meta", "", "", "{}"), ("blob", "", kind, "\0DATA\0")])  # a part of a program's own making
        octets = f"POST /photos\n{w.browser()}\n{field}\n\n".encode() + body.encode().replace(b"\0DATA\0", png.encode("latin-1"))
        w.add({"expect": "pass", "class": "upload", "base64": base64.b64encode(octets).decode()})


def main():
    w = Writer()
    for write in (write_prose, write_searches, write_lines, write_snippets, write_bodies, write_requests, write_visits, write_names, write_uploads, write_urls, write_fields):
        write(w)
    if len(sys.argv) == 3 and sys.argv[1] == "--halves":  # rules are written with an eye on one half, and judged by the other
        for i, half in enumerate(w.halves):
            (pathlib.Path(sys.argv[2]) / f"benign-{i}.jsonl").write_text("\n".join(half) + "\n", encoding="ascii")
    (HERE / "benign.jsonl").write_text("\n".join(w.lines) + "\n", encoding="ascii")
    print(len(w.lines), "requests")


main()
