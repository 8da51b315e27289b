# SPDX-License-Identifier: Apache-2.0
"""The core rule set of Debian's package, imported: which rules hit which requests, at each paranoia level, and in the gateway.
The requests are written for this file."""
import glob
import json

import pytest

from support.gateway import SANITIZER_OPTIONS, run_yett
from support.records import get

SETUP = "/etc/modsecurity/crs/crs-setup.conf"
RULES = "/usr/share/modsecurity-crs/rules/*.conf"
LIMITS = {"arg_name_length": 30, "arg_length": 200, "total_arg_length": 2000, "max_num_args": 5, "crs_validate_utf8_encoding": 1}
BROWSER = {"Host": "shop.example", "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:109.0) Gecko/20100101 Firefox/115.0", "Accept": "*/*"}

pytestmark = pytest.mark.skipif(not glob.glob(RULES), reason="modsecurity-crs is not installed")


def get_(target, **fields):
    """A GET of a browser; fields whose value is None are left out."""
    headers = {**BROWSER, **{name.replace("_", "-"): value for name, value in fields.items()}}
    return {"uri": target, "headers": {name: value for name, value in headers.items() if value is not None}}


def post(data, target="/", method="POST", **fields):
    fields.setdefault("Content_Type", "application/x-www-form-urlencoded")
    return {**get_(target, **fields), "method": method, "data": data}


# What is sent, the rules that must hit, and those that must not.
CASES = [
    (get_("/"), [], [949110, 920300, 920320]),
    (get_("/shop/list?page=3&sort=price"), [], [949110]),
    (post("name=Anna+Meier&city=Bern&note=please+ring+twice"), [920273], [942100, 941100]),  # at level 4 a blank between words is odd
    # 911, 913: methods and scanners
    ({**get_("/"), "method": "DELETE"}, [911100, 949110], []),
    (get_("/", User_Agent="sqlmap/1.7.2#stable"), [913100], []),
    (get_("/", User_Agent="python-requests/2.28"), [913101], [913100]),
    (get_("/nessustest"), [913120], []),
    (get_("/", User_Agent="Googlebot/2.1 (+http://www.google.com/bot.html)"), [], [913100]),
    # 920: protocol
    (post("a=1", method="GET"), [920170], []),
    ({**get_("/"), "method": "POST", "stop_magic": True}, [920180], [920170]),
    (get_("/", Range="bytes=90-20"), [920190], []),
    (get_("/", Range="bytes=20-90"), [], [920190, 920200]),
    (get_("/", Range="bytes=1-2,3-4,5-6,7-8,9-10,11-12"), [920200], []),
    (get_("/?a=%2541"), [920230], []),
    (get_("/?a=x%00y"), [920270], []),
    (get_("/?a=%ff%fe"), [920250], []),
    (get_("/?a=gr%C3%BCezi"), [], [920250]),
    (get_("/", Accept=None), [920300], []),
    (get_("/", Accept="", User_Agent="tool"), [920310], []),
    (get_("/", User_Agent=None), [920320], [920330]),
    (get_("/", User_Agent=""), [920330], [920320]),
    ({**get_("/"), "method": "POST", "data": "a=1", "headers": {**BROWSER, "Content-Length": "3"}, "stop_magic": True}, [920340], []),
    (get_("/", Host="192.0.2.7"), [920350], []),
    (get_("/?" + "n" * 31 + "=1"), [920360], [920370]),
    (get_("/?a=" + "v" * 201), [920370], [920360]),
    (get_("/?a=1&b=2&c=3&d=4&e=5&f=6"), [920380], []),
    (get_("/?a=1&b=2&c=3&d=4&e=5"), [], [920380]),
    (post("a=1", Content_Type="application/x-nonsense"), [920420], []),
    (post("a=1", Content_Type="text/xml; boundary;x"), [920470], []),
    (post("a=1", Content_Type="application/x-www-form-urlencoded; charset=utf-7"), [920480], []),
    (post("a=1", Content_Type="application/x-www-form-urlencoded; charset=utf-8"), [], [920480, 949110]),
    (get_("/backup/site.bak"), [920440], []),
    (get_("/index.php~"), [920500], []),
    (get_("/", Lock_Token="x"), [920450], []),
    (get_("/", Accept="text/html;charset=utf-7"), [920600], []),
    # 921: smuggling, splitting, pollution
    (post("a=x%0d%0aGET+/admin+HTTP/1.1"), [921110], []),
    (get_("/?a=x%0d%0aSet-Cookie:%20b=1"), [921120], []),
    (get_("/?id=1&id=2"), [921180], []),
    (post("id=2", "/?id=1"), [921180], []),
    (get_("/?id=1&ip=2"), [], [921180]),
    # 930, 931: files from here and elsewhere
    (get_("/?file=../../../var/log/messages"), [930100, 930110], []),
    (get_("/?file=/etc/shadow"), [930120], []),
    (get_("/.git/config"), [930130], []),
    (get_("/?include=http://203.0.113.9/shell.txt"), [931100], []),
    (get_("/?page=http://evil.example/x.php?"), [931120], []),
    (get_("/?to=https://evil.example/"), [931130], []),
    (get_("/?to=https://shop.example/"), [], [931130]),
    # 932, 933, 934: commands, PHP, Node
    (get_("/?host=127.0.0.1;cat%20/etc/hostname"), [932100], []),
    (get_("/?cmd=a%26dir%20c:"), [932110], []),
    (get_("/?x=powershell.exe%20-enc"), [932120], []),
    (get_("/?x=$(id)"), [932130], []),
    (get_("/", User_Agent="() { :;}; /bin/ls"), [932170], []),
    (post("code=%3C%3Fphp+echo+1%3B"), [933100], []),
    (get_("/?v=$_SERVER['x']"), [933130], []),
    (get_("/?u=php://filter/read"), [933140], []),
    (get_("/?f=base64_decode(x)"), [933150], []),
    (post('d=O:4:"Evil":0:{}'), [933170], []),
    (post("x=_$$ND_FUNC$$_function(){}"), [934100], []),
    # 941: scripts in pages
    (get_("/?q=%3Cscript%3Ealert(1)%3C/script%3E"), [941110, 941160], []),
    (get_("/?q=%3Cimg%20src=x%20onerror=alert(1)%3E"), [941160], []),
    (get_("/?u=javascript:alert(1)"), [941170], []),
    (get_("/?q=document.cookie"), [941180], []),
    (get_("/?q=a%20%3C%20b"), [], [941110, 941160]),
    # XML: its texts and attributes, but no names of elements
    (post("<a><b>java.lang.Runtime</b></a>", Content_Type="application/xml"), [944100], []),
    (post('<a b="java.lang.Runtime"/>', Content_Type="application/xml"), [944100], []),
    (post("<a><java.lang.Runtime>b</java.lang.Runtime></a>", Content_Type="application/xml"), [], [944100]),
    # 942: SQL
    (get_("/?id=1'%20or%20'1'='1"), [942100], []),
    (get_("/?id=1%20union%20select%20password%20from%20users"), [942100, 942190], []),
    (get_("/?id=sleep(9)"), [942160], []),
    (get_("/?t=information_schema"), [942140], []),
    (post("q[$ne]=1"), [942290], []),
    (get_("/?q=select%20a%20nice%20gift"), [], [942100]),
    # 943, 944: sessions, Java
    (get_("/?PHPSESSID=0123456789", Referer="http://elsewhere.example/"), [943110], []),
    (get_("/?PHPSESSID=0123456789"), [943120], []),
    (post("x=java.lang.Runtime"), [944100], []),
    (get_("/?x=org.apache.struts2"), [944130], []),
]


@pytest.fixture(scope="module", autouse=True)
def lenient_sanitizer():
    """With strict string checks each comparison of a few octets walks the rest of the file, and loading takes 20 seconds."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ASAN_OPTIONS", SANITIZER_OPTIONS["ASAN_OPTIONS"].replace("strict_string_checks=1", "strict_string_checks=0"))
        yield


def named(cases):
    """A test file of the core rule set's kind, which JSON is, too."""
    return json.dumps({"rule_id": 1, "tests": [
        {"test_id": number, "stages": [{"input": given, "output": {"log": {"expect_ids": hits, "no_expect_ids": misses}}}]}
        for number, (given, hits, misses) in enumerate(cases)]})


@pytest.fixture(scope="module")
def rules(tmp_path_factory):
    """The rule file, and what the import had to say."""
    out = tmp_path_factory.mktemp("rules") / "crs.json"
    result = run_yett("rules", "import-seclang", "-o", out, SETUP, RULES)
    assert result.returncode == 0, result.stderr
    return out, result.stderr


def run_tests(rules, folder, cases, *options):
    (folder / "own.yaml").write_text(named(cases))
    given = [word for name, value in LIMITS.items() for word in ("--var", f"{name}={value}")]
    return run_yett("rules", "test", "--json", "--rules", rules, *given, *options, folder / "own.yaml")


@pytest.fixture(scope="module")
def verdicts(rules, tmp_path_factory):
    result = run_tests(rules[0], tmp_path_factory.mktemp("suite"), CASES)
    *lines, last = [json.loads(line) for line in result.stdout.splitlines()]
    assert last["tests"] == len(CASES), result.stderr
    return lines


@pytest.mark.parametrize("number", range(len(CASES)), ids=[
    "-".join(map(str, hits)) or "no-" + "-".join(map(str, misses)) for _, hits, misses in CASES])
def test_rule_hits_as_its_authors_mean(verdicts, number):
    assert verdicts[number]["result"] == "passed", (CASES[number], verdicts[number])


def test_import_says_what_is_lost(rules):
    lines = rules[1].splitlines()
    assert "rules written" in lines[-1] and " 0 broken lines" in lines[-1]
    lost = [line for line in lines if ": lost: rule 9" in line and "is left out" in line]
    # Everything that is left out needs memory between requests, a look-up in the DNS, or a clock in the first phase.
    reasons = ("nothing is left to look at", "@rbl has nothing like it here")
    assert lost and all(line.endswith(reasons) for line in lost), lost
    assert {line.split("rule ")[1][:3] for line in lost} <= {"901", "910", "912", "949"}, lost


def test_strict_import_fails(tmp_path):
    result = run_yett("rules", "import-seclang", "--strict", "-o", tmp_path / "crs.json", SETUP, RULES)
    assert result.returncode == 1


def test_levels_come_from_the_policy(rules, tmp_path):
    """A rule of level 2 (913101) is not there at level 1, and those of level 1 are."""
    tool = get_("/", User_Agent="python-requests/2.28")
    probe = [(tool, [913101], []), (get_("/", User_Agent="sqlmap/1.7.2#stable"), [913100], [])]
    result = run_tests(rules[0], tmp_path, probe, "--paranoia", "1")
    assert [json.loads(line)["result"] for line in result.stdout.splitlines()[:2]] == ["failed", "passed"]
    assert result.returncode == 1
    assert run_tests(rules[0], tmp_path, probe, "--paranoia", "2").returncode == 0


def test_a_policy_names_the_rules(rules, tmp_path):
    """The filter's paranoia and variables count; with several filters one has to be named."""
    (tmp_path / "own.yaml").write_text(named([(get_("/?a=1&b=2&c=3"), [920380], []), (get_("/", User_Agent="curl/8"), [], [913101])]))
    filters = waf(rules[0], paranoia=1, vars={"max_num_args": 2})
    (tmp_path / "policy.json").write_text(json.dumps({"filters": filters}))
    result = run_yett("rules", "test", "--policy", tmp_path / "policy.json", tmp_path / "own.yaml")
    assert result.returncode == 0, result.stdout + result.stderr
    (tmp_path / "policy.json").write_text(json.dumps({"filters": {**filters, "other": {**filters["waf"], "vars": {}}}}))
    result = run_yett("rules", "test", "--policy", tmp_path / "policy.json", tmp_path / "own.yaml")
    assert result.returncode == 1 and "--filter NAME" in result.stderr
    result = run_yett("rules", "test", "--policy", tmp_path / "policy.json", "--filter", "other", tmp_path / "own.yaml")
    assert result.returncode == 1 and "2 tests, 1 passed" in result.stdout, result.stdout


def waf(rules, **more):
    return {"waf": {"type": "rules", "files": [str(rules)], **{"vars": LIMITS, **more}}}


def test_gateway_blocks_by_score(launch, rules):
    site = launch(filters=waf(rules[0], paranoia=1))
    fields = [f"{name}: {value}" for name, value in BROWSER.items() if name != "Host"]
    answer, record = site.ask(target="/?q=%3Cscript%3Ealert(1)%3C/script%3E", fields=fields, host=BROWSER["Host"])
    assert answer.status == 403
    assert get(record, "rule.id") == "949110"
    assert {"941110", "941160"} <= {match["rule"] for match in get(record, "yett.matches")}
    assert "980130" in {match["rule"] for match in get(record, "yett.matches")}  # of the last phase
    answer, record = site.ask(target="/?q=hello", fields=fields, host=BROWSER["Host"])
    assert answer.status == 200 and get(record, "yett.matches") == []


def test_gateway_asks_the_thresholds_of_the_filter(launch, rules):
    fields = [f"{name}: {value}" for name, value in BROWSER.items() if name != "Host"]
    site = launch(filters=waf(rules[0], paranoia=1, threshold=50))
    answer, record = site.ask(target="/?q=%3Cscript%3Ealert(1)%3C/script%3E", fields=fields, host=BROWSER["Host"])
    assert answer.status == 200
    assert "949110" not in {match["rule"] for match in get(record, "yett.matches")}
