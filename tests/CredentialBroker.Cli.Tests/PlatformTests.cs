using CredentialBroker.Cli.Tests.TestInfra;
using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Templates;

namespace CredentialBroker.Cli.Tests;

/// <summary>Approvals, templates, explanations and controls.</summary>
public sealed class PlatformTests : CliTest
{
    [Fact]
    public async Task Approval_submit_sends_the_document_of_a_file()
    {
        var ran = await SucceedAsync("approval", "submit", "prod eu", Write("a.jws", The.Jws + "\n"));
        Assert.Equal(("/v1/approvals/prod%20eu", The.Jws), (Broker.Only.Target, Broker.Only.Text));
        Assert.Contains("effect    approved\n", ran.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Approval_submit_reads_stdin()
    {
        Input = The.Jws + "\n";
        var ran = await SucceedAsync("approval", "submit", "prod-eu", "-", "--json");
        Assert.Equal(The.Jws, Broker.Only.Text);
        Assert.Contains("\"effect\": \"approved\"", ran.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Approval_submit_of_nothing_is_a_fault()
    {
        var ran = await RunAsync("approval", "submit", "prod-eu", "-");
        Assert.Equal((1, "credbroker: stdin is empty\n"), (ran.Code, ran.Error));
    }

    [Fact]
    public async Task Approvals_are_listed_and_shown()
    {
        Assert.Contains("1/2", (await SucceedAsync("approval", "list", "-n", "5")).Out, StringComparison.Ordinal);
        Assert.Equal("/v1/approvals?count=5", Broker.Only.Target);
        Assert.Contains("approvers    ann, bob\n", (await SucceedAsync("approval", "show", The.Approval.Id)).Out, StringComparison.Ordinal);
        Assert.Contains("\"approvals\": [", (await SucceedAsync("approval", "list", "--json")).Out, StringComparison.Ordinal);
        Assert.Contains("\"maxUses\": 2", (await SucceedAsync("approval", "show", "x", "--json")).Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Template_validate_passes_good_templates()
    {
        Input = "from: stdin\n";
        var file = Write("orders read.yaml", The.Yaml);
        var ran = await SucceedAsync("template", "validate", file, "-");
        Assert.Equal([$"/v1/templates/validate?file={Uri.EscapeDataString(file)}", "/v1/templates/validate?file=stdin"], Broker.Requests.Select(r => r.Target));
        Assert.Equal([The.Yaml, Input], Broker.Requests.Select(r => r.Text));
        Assert.Equal("", ran.Error);
        Assert.Contains("stdin", ran.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Template_validate_gives_every_mistake_its_line()
    {
        Broker.Next("POST /v1/templates/validate", 200, new TemplateVerdict(["a.yaml:1: kind: unknown", "a.yaml:3: ttl: too long"]), ProtocolJson.Default.TemplateVerdict);
        var ran = await RunAsync("template", "validate", Write("a.yaml", "x"), "--json");
        Assert.Equal((1, "a.yaml:1: kind: unknown\na.yaml:3: ttl: too long\n"), (ran.Code, ran.Error));
        Assert.Contains("\"mistakes\": [", ran.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Template_apply_activates_nothing_when_one_has_a_mistake()
    {
        Broker.Next("POST /v1/templates/validate", 200, new TemplateVerdict([], "a", "r"), ProtocolJson.Default.TemplateVerdict);
        Broker.Next("POST /v1/templates/validate", 200, new TemplateVerdict(["b.yaml:1: kind: unknown"]), ProtocolJson.Default.TemplateVerdict);
        var ran = await RunAsync("template", "apply", Write("a.yaml", "a"), Write("b.yaml", "b"));
        Assert.Equal((1, "b.yaml:1: kind: unknown\ncredbroker: nothing was activated\n"), (ran.Code, ran.Error));
        Assert.DoesNotContain(Broker.Requests, r => r.Method == "PUT");
    }

    [Fact]
    public async Task Template_apply_activates_each()
    {
        var ran = await SucceedAsync("template", "apply", Write("a.yaml", The.Yaml), Write("b.yaml", The.Yaml), "--json");
        Assert.Equal(2, Broker.Requests.Count(r => r.Method == "PUT" && r.Text == The.Yaml));
        Assert.Equal(2, ran.Error.Split("activated orders-read").Length - 1);
        Assert.StartsWith("[", ran.Out, StringComparison.Ordinal);
        Assert.Contains("postgres/orders", (await SucceedAsync("template", "apply", PathOf("a.yaml"))).Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Template_refused_at_activation_shows_its_mistakes()
    {
        Broker.Refuse("PUT /v1/templates", The.Problem(422, ReasonCodes.Invalid, "the template has mistakes") with { Mistakes = ["a.yaml:1: one", "a.yaml:2: two"] });
        var ran = await RunAsync("template", "apply", Write("a.yaml", "a"));
        Assert.Equal((1, "credbroker: invalid: the template has mistakes\na.yaml:1: one\na.yaml:2: two\n"), (ran.Code, ran.Error));
    }

    [Fact]
    public async Task Template_that_is_not_utf8_is_not_sent()
    {
        await File.WriteAllBytesAsync(PathOf("bad.yaml"), [0x61, 0xff]);
        var ran = await RunAsync("template", "validate", PathOf("bad.yaml"));
        Assert.Equal(1, ran.Code);
        Assert.Contains("is not UTF-8", ran.Error, StringComparison.Ordinal);
        Assert.Empty(Broker.Requests);
    }

    [Fact]
    public async Task Templates_are_listed_and_shown_as_they_were_written()
    {
        Assert.Contains("postgres/orders", (await SucceedAsync("template", "list")).Out, StringComparison.Ordinal);
        Assert.Contains("\"templates\": [", (await SucceedAsync("template", "list", "--json")).Out, StringComparison.Ordinal);
        Assert.Equal(The.Yaml, (await SucceedAsync("template", "show", "orders-read")).Out);
        Assert.Contains("\"source\":", (await SucceedAsync("template", "show", "orders-read", "--json")).Out, StringComparison.Ordinal);
        var ran = await RunAsync("template", "show", "orders-raed");
        Assert.Equal(1, ran.Code);
        Assert.Contains("did you mean orders-read?", ran.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Explain_with_evidence_shows_clauses_and_privileges()
    {
        var ran = await SucceedAsync("explain", "--template", "orders-read", "--evidence-file", Write("evidence", "e.v.i"), "--ttl", "5m", "--scope", "read");
        var asked = Broker.Only.Read(ProtocolJson.Default.ExplainRequest);
        Assert.Equal(("orders-read", "e.v.i", "5m"), (asked.Template, asked.Evidence, asked.Ttl));
        Assert.Contains("approval  yes", ran.Out, StringComparison.Ordinal);
        Assert.Contains("orders_reader", ran.Out, StringComparison.Ordinal);
        Assert.Contains("would be granted until 2030-01-31T12:15:00Z (ttl)", ran.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Explain_of_a_refusal_names_the_clause_and_exits_3()
    {
        Broker.Next("POST /v1/explain", 200, The.Refused, ProtocolJson.Default.Explanation);
        var ran = await RunAsync("explain", "-t", "orders-read", "--workload", "k8s://prod-eu/shop/checkout", "--instance", "pod-1", "--json");
        Assert.Equal((3, "would be refused: no_approval (clause approval)\n"), (ran.Code, ran.Error));
        Assert.Contains("\"granted\": false", ran.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("freeze", "/v1/freezes", "credbroker thaw")]
    [InlineData("hold", "/v1/holds", "credbroker unhold")]
    public async Task Controls_are_set(string verb, string path, string undo)
    {
        var ran = await SucceedAsync(verb, "template=orders-read", "--reason", "INC-77", "--for", "2h");
        Assert.Equal((path, """{"selector":"template=orders-read","reason":"INC-77","for":"2h"}"""), (Broker.Only.Target, Broker.Only.Text));
        Assert.Contains($"2030-01-31T14:00:00Z or {undo} {The.ControlId}", ran.Error, StringComparison.Ordinal);
        await SucceedAsync(verb, "--all", "--reason", "all of it");
        Assert.Equal("""{"selector":"--all","reason":"all of it"}""", Broker.Requests.Last().Text);
        Assert.Contains("\"selector\":", (await SucceedAsync(verb, "--all", "--reason", "r", "--json")).Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("freezes", "/v1/freezes")]
    [InlineData("holds", "/v1/holds")]
    public async Task Controls_are_listed(string verb, string path)
    {
        Assert.Contains("INC-77", (await SucceedAsync(verb)).Out, StringComparison.Ordinal);
        Assert.Equal(path, Broker.Only.Target);
        Assert.Contains("\"items\": [", (await SucceedAsync(verb, "--json")).Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("thaw", "/v1/freezes/")]
    [InlineData("unhold", "/v1/holds/")]
    public async Task Controls_are_lifted(string verb, string folder)
    {
        var ran = await SucceedAsync(verb, "a/b");
        Assert.Equal(("DELETE", folder + "a%2Fb"), (Broker.Only.Method, Broker.Only.Target));
        Assert.Contains("is lifted", ran.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_plan_says_how_long_a_revoked_credential_lived_on()
    {
        var ran = await SucceedAsync("template", "plan", "orders-read", "--workload", "k8s://prod-eu/shop/checkout", "--scope", "read");
        Assert.Equal(("/v1/templates/orders-read/plan", """{"workload":"k8s://prod-eu/shop/checkout","intent":{"scopes":["read"]}}"""), (Broker.Only.Target, Broker.Only.Text));
        Assert.Contains("time to dead    41 ms\n", ran.Out, StringComparison.Ordinal);
        Assert.Contains("honoured, ended, and refused 41 ms later", ran.Error, StringComparison.Ordinal);
        Assert.Contains("\"timeToDeadMs\": 41", (await SucceedAsync("template", "plan", "orders-read", "--json")).Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(3, "frozen", null, null, "nothing was handed out: frozen")]
    [InlineData(3, null, PlanView.NotHonoured, PlanView.NotPossible, "did not honour it")]
    [InlineData(5, null, PlanView.Honoured, PlanView.Pending, "credbroker lease show")]
    [InlineData(1, null, PlanView.Honoured, PlanView.Dead, "finding: the role is gone")]
    public async Task A_plan_that_shows_a_fault_exits_with_it(int exit, string? code, string? used, string? proof, string says)
    {
        var view = The.Plan with { Code = code, Detail = "why", Used = used, Proof = proof, Findings = exit == 1 ? ["the role is gone"] : [] };
        Broker.Next("POST /v1/templates/orders-read/plan", 200, view, ProtocolJson.Default.PlanView);
        var ran = await RunAsync("template", "plan", "orders-read");
        Assert.Equal(exit, ran.Code);
        Assert.Contains(says, ran.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Hosts_and_who_was_seen_there_are_listed()
    {
        Assert.Matches("host-1 +refused +untrusted", (await SucceedAsync("host", "list")).Out);
        Assert.Equal("/v1/hosts", Broker.Only.Target);
        var seen = await SucceedAsync("host", "exposure", "host-1");
        Assert.Matches("ci +build +POST /containers/create +3", seen.Out);
        Assert.Contains("asked 7 times over the engine's own socket", seen.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Findings_are_listed()
    {
        Assert.Contains("postgres/orders", (await SucceedAsync("findings")).Out, StringComparison.Ordinal);
        Assert.Equal("/v1/findings", Broker.Only.Target);
        await SucceedAsync("findings", "--resolved");
        Assert.Equal("/v1/findings?resolved=true", Broker.Requests.Last().Target);
        Assert.Contains("\"kind\": \"configuration\"", (await SucceedAsync("findings", "--json")).Out, StringComparison.Ordinal);
    }
}
