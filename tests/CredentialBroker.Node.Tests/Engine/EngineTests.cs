using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using CredentialBroker.Node.Tests.Gate;
using CredentialBroker.Node.Tests.TestInfra;

namespace CredentialBroker.Node.Tests.Engine;

/// <summary>The gate before a real engine, and the whole way from there to a credential and its end.</summary>
public sealed class EngineTests(HostRig rig, Xunit.Abstractions.ITestOutputHelper output) : IClassFixture<HostRig>, IAsyncLifetime
{
    private const string Plain = """{"Image":"t/busybox:1","Cmd":["sleep","600"],"StopTimeout":1,"HostConfig":{"NetworkMode":"none"}}""";

    /// <summary>A test before this one may have left the engine untested, or another node's word of it at the broker.</summary>
    public Task InitializeAsync() => rig.BelievedAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    [EngineFact]
    public async Task R24_A_container_is_created_approved_started_claims_dies_and_its_lease_ends()
    {
        var id = await CreateAsync("ci", Plain);
        Assert.Equal(HttpStatusCode.NoContent, (await StartAsync("ci", id)).Status);

        var approval = (await rig.Scene.OperatorAsync(HttpMethod.Get, "/v1/approvals")).Json.GetProperty("approvals").EnumerateArray().Single(one => one.GetProperty("instance").GetString() == id);
        Assert.Equal(("ci", "standard", $"docker://{ExampleHost.Host}/{rig.Engine.Image}"), (approval.GetProperty("requester").GetString(), approval.GetProperty("tier").GetString(), approval.GetProperty("workload").GetString()));

        var (lease, token) = await ClaimAsync(id);
        Assert.Equal(HttpStatusCode.NoContent, (await rig.Engine.AsAsync("ci", HttpMethod.Post, $"/containers/{id}/kill")).Status);
        var ended = await rig.Scene.LeaseUntilAsync(lease, "ended");
        Assert.Equal("task_end", ended.GetProperty("cause").GetString());

        // Its evidence is good for a while yet; what it could claim is over.
        Assert.Equal(HttpStatusCode.Forbidden, (await rig.Scene.ClaimAsync(token, ExampleHost.Template)).Status);
    }

    [EngineFact]
    public async Task R43_Requests_that_went_around_plugins_are_refused_by_this_one()
    {
        const string Body = """{"Image":"t/busybox:1","HostConfig":{"Privileged":true,"Binds":["/:/host"]}}""";
        var large = Body[..^1] + $",\"Labels\":{{\"padding\":\"{new string('x', 1_200_000)}\"}}}}";
        var before = (await ListAsync()).Count;
        // CVE-2024-41110: a body of no known length, and one that is said to be empty. CVE-2026-34040: one above 1 MiB.
        Assert.Matches("body_missing|host_path_never", await SendRawAsync("ci", $"Transfer-Encoding: chunked\r\n\r\n{Body.Length:x}\r\n{Body}\r\n0\r\n\r\n"));
        Assert.Contains("body_missing", await SendRawAsync("ci", $"Content-Length: 0\r\n\r\n{Body}"), StringComparison.Ordinal);
        Assert.Matches("body_missing|body_truncated|host_resource_refused|^$", await SendRawAsync("ci", $"Content-Length: {large.Length}\r\n\r\n{large}"));
        Assert.Matches("body_missing|body_truncated|host_resource_refused|^$", await SendRawAsync("ci", $"Transfer-Encoding: chunked\r\n\r\n{large.Length:x}\r\n{large}\r\n0\r\n\r\n"));
        Assert.Equal(before, (await ListAsync()).Count);
    }

    [EngineFact]
    public void R43_The_table_says_what_the_engine_itself_reads()
    {
        foreach (var row in ReadingTests.Bodies) Assert.True((bool)row[1] == rig.GoReads[(string)row[0]], $"the engine reads {row[0]} as {rig.GoReads[(string)row[0]]}");
    }

    [EngineFact]
    public async Task R10_A_container_that_was_not_created_through_the_gate_does_not_start()
    {
        await RefusedAsync("container_unbound", "admin", $"/containers/{rig.Stray}/start");
        await RefusedAsync("container_unbound", "admin", $"/containers/{rig.Stray[..12]}/start");
        Assert.Equal("container_unbound", (await AskFromAsync(null))["code"]!.GetValue<string>());
        // One that is bound, and does not run yet, is in no position to ask; and one that ran gets nothing more.
        var id = await CreateAsync("ci", Plain);
        Assert.Equal(HttpStatusCode.NoContent, (await StartAsync("ci", id)).Status);
        Assert.NotNull((await AskFromAsync(id))["token"]);
        await rig.Engine.AsAsync("ci", HttpMethod.Post, $"/containers/{id}/kill");
        await HostRig.UntilAsync(() => Task.FromResult(rig.Node.Containers.Find(id) is { IsOver: true }), "the end was not heard");
        Assert.Null((await AskFromAsync(id))["token"]);
    }

    [EngineFact]
    public async Task R11_Each_run_has_an_approval_of_its_own()
    {
        var id = await CreateAsync("ci", Plain);
        Assert.Equal(HttpStatusCode.NoContent, (await StartAsync("ci", id)).Status);
        var (first, _) = await ClaimAsync(id);
        await rig.Engine.AsAsync("ci", HttpMethod.Post, $"/containers/{id}/kill");
        await rig.Scene.LeaseUntilAsync(first, "ended");
        Assert.Equal(HttpStatusCode.NoContent, (await StartAsync("ci", id)).Status);
        var (second, _) = await ClaimAsync(id);
        var approvals = (await rig.Scene.OperatorAsync(HttpMethod.Get, "/v1/approvals")).Json.GetProperty("approvals").EnumerateArray().Where(one => one.GetProperty("instance").GetString() == id).ToList();
        Assert.Equal(["bound", "finished"], approvals.Select(one => one.GetProperty("state").GetString()));
        // Removed while it runs.
        Assert.Equal(HttpStatusCode.NoContent, (await rig.Engine.AsAsync("ci", HttpMethod.Delete, $"/containers/{id}?force=1")).Status);
        await rig.Scene.LeaseUntilAsync(second, "ended");
    }

    [EngineFact]
    public async Task R24_Labels_that_look_like_events_end_nothing()
    {
        var victim = await CreateAsync("ci", Plain);
        Assert.Equal(HttpStatusCode.NoContent, (await StartAsync("ci", victim)).Status);
        var (lease, _) = await ClaimAsync(victim);
        var spoof = await CreateAsync("ci", $$$"""{"Image":"t/busybox:1","Labels":{"ID":"{{{victim}}}","id":"{{{victim}}}","container":"{{{victim}}}","Action":"die","exitCode":"0","image":"other"},"HostConfig":{"NetworkMode":"none"}}""");
        Assert.Equal(HttpStatusCode.NoContent, (await StartAsync("ci", spoof)).Status);
        var (own, _) = await ClaimAsync(spoof);
        await rig.Engine.AsAsync("ci", HttpMethod.Post, $"/containers/{spoof}/kill");
        await rig.Scene.LeaseUntilAsync(own, "ended");
        Assert.Equal("active", (await rig.Scene.LeaseAsync(lease)).GetProperty("state").GetString());
        await rig.Engine.AsAsync("ci", HttpMethod.Delete, $"/containers/{victim}?force=1");
    }

    [EngineFact]
    public async Task R44_Each_resource_of_the_host_is_recorded_exactly_whether_allowed_or_not()
    {
        string[] lines = [$"bind:{rig.Data}/a:/a:ro", $"bind:{rig.Data}/b:/b:rw", $"bind:{rig.Data}/c:/c:ro", "capability:NET_BIND_SERVICE", "capability:CHOWN"];
        var body = """{"Image":"t/busybox:1","HostConfig":{"NetworkMode":"none","Binds":["DATA/a:/a:ro","DATA/b:/b"],"Mounts":[{"Type":"bind","Source":"DATA/c","Target":"/c","ReadOnly":true}],"CapAdd":["NET_BIND_SERVICE","CAP_CHOWN"]},"Labels":{"dev.credbroker.ticket":"OPS-7"},"Cmd":["sleep","600"],"StopTimeout":1}""".Replace("DATA", rig.Data, StringComparison.Ordinal);
        Directory.CreateDirectory(Path.Combine(rig.Data, "c"));
        await RefusedAsync("host_resource_refused", "ci", "/containers/create?name=r44", body);
        var id = await CreateAsync("admin", body);
        var records = await RecordsAsync("container.privileged_request", one => one.GetProperty("effectivePrivileges").EnumerateArray().Any(p => p.GetProperty("resource").GetString() == lines[0]), 2);
        Assert.All(records, one => Assert.Equal(lines, one.GetProperty("effectivePrivileges").EnumerateArray().Select(p => p.GetProperty("resource").GetString())));
        Assert.Equal(["allow", "deny"], records.Select(one => one.GetProperty("effectivePrivileges")[0].GetProperty("actions")[0].GetString()).Order());
        // R46: who asked is named by the certificate that the engine proved.
        Assert.Contains(records, one => one.GetProperty("detail").GetString()!.Contains("caller admin; spiffe://people.test/admin; certificate ", StringComparison.Ordinal));

        Assert.Equal(HttpStatusCode.NoContent, (await StartAsync("admin", id)).Status);
        var approval = (await rig.Scene.OperatorAsync(HttpMethod.Get, "/v1/approvals")).Json.GetProperty("approvals").EnumerateArray().Single(one => one.GetProperty("instance").GetString() == id);
        Assert.Equal("privileged", approval.GetProperty("tier").GetString());
        // R45: image, need, resources and posture are stated, so that it may claim.
        await ClaimAsync(id);
        await rig.Engine.AsAsync("admin", HttpMethod.Delete, $"/containers/{id}?force=1");
    }

    [EngineFact]
    public async Task R46_Names_of_the_docker_admins_certificate_are_in_the_record()
    {
        await RefusedAsync("host_path_never", "admin", "/containers/create", """{"Image":"t/busybox:1","HostConfig":{"Binds":["/run/docker.sock:/run/docker.sock"]}}""");
        var record = (await RecordsAsync("container.privileged_request", one => one.TryGetProperty("cause", out var cause) && cause.GetString() == "host_path_never", 1))[0];
        Assert.Matches("caller admin; spiffe://people.test/admin; certificate [0-9A-F]+; POST /containers/create", record.GetProperty("detail").GetString());
    }

    [EngineFact]
    public async Task R42_Who_may_do_what_is_decided_by_class()
    {
        await RefusedAsync("caller_unknown", "stranger", "/containers/create", Plain);
        await RefusedAsync("not_allowed", null, "/containers/create", Plain);
        await RefusedAsync("image_refused", "ci", "/containers/create", """{"Image":"other:1"}""");
        await RefusedAsync("host_resource_refused", "ci", "/containers/create", """{"Image":"t/busybox:1","HostConfig":{"PidMode":"host"}}""");
        await RefusedAsync("host_path_never", "admin", "/containers/create", """{"Image":"t/busybox:1","HostConfig":{"Binds":["/:/host"]}}""");
        await RefusedAsync("body_name_folds", "admin", "/containers/create", "{\"Image\":\"t/busybox:1\",\"Ho\u017FtConfig\":{\"Privileged\":true}}");
        await RefusedAsync("never_allowed", "admin", "/build");
        await RefusedAsync("never_allowed", "admin", "/volumes/create", """{"Name":"x","DriverOpts":{"type":"none","o":"bind","device":"/"}}""");
        await RefusedAsync("never_allowed", "admin", "/networks/create", """{"Name":"x","Driver":"macvlan"}""");
        var id = await CreateAsync("ci", Plain);
        await RefusedAsync("not_allowed", "ci", $"/containers/{id}/exec", """{"Cmd":["sh"]}""");
        await RefusedAsync("host_resource_refused", "admin", $"/containers/{id}/exec", """{"Cmd":["sh"],"Privileged":true}""");
        await RefusedAsync("never_allowed", "admin", $"/containers/{id}/update", """{"Devices":[{"PathOnHost":"/dev/sda"}]}""");
        Assert.Equal(HttpStatusCode.OK, (await rig.Engine.AsAsync(null, HttpMethod.Get, "/containers/json")).Status);
    }

    [EngineFact]
    public async Task R48_Who_was_seen_at_the_engine_can_be_told()
    {
        await rig.Engine.AsAsync("ci", HttpMethod.Get, "/containers/json");
        await rig.Engine.AsAsync("admin", HttpMethod.Get, "/info");
        await rig.Engine.AsAsync(null, HttpMethod.Get, "/version");
        JsonElement told = default;
        await HostRig.UntilAsync(async () =>
        {
            told = (await rig.Scene.OperatorAsync(HttpMethod.Get, $"/v1/hosts/{ExampleHost.Host}/exposure")).Json;
            return told.GetProperty("uses").EnumerateArray().Select(one => one.GetProperty("request").GetString()).Intersect(["GET /containers/json", "GET /info", "GET /version"]).Count() == 3;
        }, "the uses are not told");
        var callers = told.GetProperty("uses").EnumerateArray().Select(one => (one.GetProperty("caller").GetString(), one.GetProperty("group").GetString(), one.GetProperty("uri").GetString())).Distinct().ToList();
        Assert.Contains(("ci", "ci", "spiffe://people.test/ci"), callers);
        Assert.Contains(("admin", "admin", "spiffe://people.test/admin"), callers);
        Assert.Contains(("anonymous", "socket", ""), callers);
        Assert.True(told.GetProperty("anonymous").GetInt64() > 0);
    }

    [EngineFact]
    public async Task R21_What_ended_while_the_engine_was_away_is_over_when_it_is_back()
    {
        var id = await CreateAsync("ci", Plain);
        Assert.Equal(HttpStatusCode.NoContent, (await StartAsync("ci", id)).Status);
        var (lease, _) = await ClaimAsync(id);
        await rig.Engine.StopAsync();
        await rig.Engine.StartAsync(asks: true);
        await rig.Scene.LeaseUntilAsync(lease, "ended");
        await HostRig.UntilAsync(() => Task.FromResult(rig.Node.Trust.Standing.Trust == "excepted" || rig.Node.Trust.Standing.Trust == "trusted"), "the engine was not tested again");
    }

    [EngineFact]
    public async Task R24_An_end_survives_kill_of_the_node_before_the_broker_heard_it()
    {
        var id = await CreateAsync("ci", Plain);
        Assert.Equal(HttpStatusCode.NoContent, (await StartAsync("ci", id)).Status);
        var (lease, _) = await ClaimAsync(id);
        await using var other = new NodeProgram(rig, Path.GetDirectoryName(rig.Options.State.Folder)!);
        other.TakeOver(id);
        // It hears the end and keeps it; the broker is nowhere for it, and it is killed.
        other.Start("http://127.0.0.1:9");
        await HostRig.UntilAsync(() => Task.FromResult(other.Log.Contains("engine 2", StringComparison.Ordinal) || other.Log.Contains("trusted", StringComparison.Ordinal)), $"the node does not follow the engine: {other.Log}");
        await rig.Engine.AsAsync("ci", HttpMethod.Post, $"/containers/{id}/kill");
        await HostRig.UntilAsync(() => Task.FromResult(other.Waiting.Any(file => Path.GetFileName(file).StartsWith("a-", StringComparison.Ordinal))), $"the end is not kept: {other.Log}");
        other.Kill();
        Assert.Equal("active", (await rig.Scene.LeaseAsync(lease)).GetProperty("state").GetString());
        other.Start(rig.Options.Broker.Address);
        await rig.Scene.LeaseUntilAsync(lease, "ended");
        await HostRig.UntilAsync(() => Task.FromResult(!other.Waiting.Any(file => Path.GetFileName(file).StartsWith("a-", StringComparison.Ordinal))), "the end still waits");
    }

    private async Task RefusedAsync(string code, string? caller, string path, string? json = null)
    {
        var reply = await rig.Engine.AsAsync(caller, HttpMethod.Post, path, json);
        Assert.True(reply.Status == HttpStatusCode.Forbidden && reply.Body.Contains($"credbroker-node: {code}:", StringComparison.Ordinal), $"{path}: {reply.Status}: {reply.Body}");
    }

    private async Task<List<JsonElement>> RecordsAsync(string type, Func<JsonElement, bool> isWanted, int count)
    {
        List<JsonElement> found = [];
        await HostRig.UntilAsync(async () =>
        {
            var lines = (await rig.Scene.OperatorAsync(HttpMethod.Get, $"/v1/audit?type={type}")).Body.Split('\n', StringSplitOptions.RemoveEmptyEntries);
            found = [.. lines.Select(line => JsonDocument.Parse(JsonDocument.Parse(line).RootElement.GetProperty("body").GetString()!).RootElement).Where(isWanted)];
            return found.Count >= count;
        }, $"{type} is not recorded");
        return found;
    }

    [EngineFact]
    public async Task The_self_test_measures_what_this_engine_shows()
    {
        var results = await rig.Node.Test.RunAsync(CancellationToken.None);
        Assert.Equal(5, results.Count);
        // A plain request is shown whole by every engine, and nothing came of it.
        Assert.Equal((results[0].Sent, 404), (results[0].Seen, results[0].Status));
        var standing = rig.Node.Trust.Standing;
        Assert.Equal(results.Any(one => one.Fault is not null) ? "excepted" : "trusted", standing.Trust);
        output.WriteLine(standing.ToString());
        foreach (var one in results) output.WriteLine(one.ToString());
        var host = (await rig.Scene.OperatorAsync(HttpMethod.Get, "/v1/hosts")).Json.GetProperty("hosts")[0];
        Assert.Equal((standing.Trust, standing.Version, true), (host.GetProperty("trust").GetString(), host.GetProperty("version").GetString(), host.GetProperty("accepted").GetBoolean()));
        Assert.DoesNotContain(await ListAsync(), one => one.GetRawText().Contains("credbroker-probe", StringComparison.Ordinal));
    }

    [EngineFact]
    public async Task The_engines_own_command_line_runs_a_container_through_the_gate()
    {
        var folder = rig.Engine.ClientFolder("ci");
        Assert.Equal(0, await DockerAsync("ci", folder, "run", "-d", "--network", "none", "--name", "cli", "t/busybox:1", "sleep", "600"));
        Assert.NotEqual(0, await DockerAsync("ci", folder, "run", "-d", "--privileged", "t/busybox:1"));
        Assert.Equal(0, await DockerAsync("ci", folder, "rm", "-f", "cli"));
    }

    private async Task<int> DockerAsync(string caller, string folder, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("docker", ["--host", rig.Engine.Address, "--tlsverify", "--tlscacert", $"{folder}/ca.pem", "--tlscert", $"{folder}/cert.pem", "--tlskey", $"{folder}/key.pem", .. arguments])
        {
            RedirectStandardOutput = true, RedirectStandardError = true, Environment = { ["HOME"] = folder, ["DOCKER_CONFIG"] = folder },
        })!;
        var streams = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        output.WriteLine($"{caller}: docker {string.Join(' ', arguments)}: {process.ExitCode}: {string.Concat(streams)}");
        return process.ExitCode;
    }

    private async Task<List<JsonElement>> ListAsync() => [.. (await rig.Engine.AsAsync("admin", HttpMethod.Get, "/containers/json?all=1")).Json.EnumerateArray()];

    private async Task<string> SendRawAsync(string caller, string rest)
    {
        var answer = await rig.Engine.RawAsync(caller, Encoding.ASCII.GetBytes($"POST /v1.41/containers/create HTTP/1.1\r\nHost: engine\r\nContent-Type: application/json\r\nConnection: close\r\n{rest}"));
        output.WriteLine(answer.Split('\n')[0] + answer.Split('\n')[^1]);
        Assert.DoesNotContain(" 201 ", answer, StringComparison.Ordinal);
        return answer;
    }

    private async Task<string> CreateAsync(string? caller, string body, string name = "")
    {
        var reply = await rig.Engine.AsAsync(caller, HttpMethod.Post, $"/v1.41/containers/create{(name.Length == 0 ? "" : $"?name={name}")}", body);
        Assert.True(reply.Status == HttpStatusCode.Created, $"{reply.Body}\n{rig.Said}");
        return reply.Json.GetProperty("Id").GetString()!;
    }

    private Task<EngineReply> StartAsync(string? caller, string id) => rig.Engine.AsAsync(caller, HttpMethod.Post, $"/v1.41/containers/{id}/start");

    private async Task<(string Lease, string Token)> ClaimAsync(string id)
    {
        var token = await EvidenceAsync(id);
        var reply = await rig.Scene.ClaimAsync(token, ExampleHost.Template);
        Assert.True(reply.Status == HttpStatusCode.Created, $"{reply.Body}\n{rig.Said}");
        return (reply.Json.GetProperty("lease").GetProperty("id").GetString()!, token);
    }

    private async Task<string> EvidenceAsync(string id)
    {
        var answer = await AskFromAsync(id);
        return answer["token"]?.GetValue<string>() ?? throw new InvalidOperationException($"{answer}\n{rig.Said}");
    }

    /// <summary>Asks for evidence from a process that is in the container's control groups; of nothing else of it.</summary>
    private async Task<JsonNode> AskFromAsync(string? id)
    {
        var enter = id is null ? "" : $"for one in /sys/fs/cgroup/*/docker/{id}/cgroup.procs /sys/fs/cgroup/docker/{id}/cgroup.procs /sys/fs/cgroup/system.slice/docker-{id}.scope/cgroup.procs; do [ -e $one ] && echo $$ > $one; done; ";
        using var process = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", $"{enter}exec curl -s -X POST --unix-socket {rig.Evidence} http://node/v1/evidence"]) { RedirectStandardOutput = true })!;
        var text = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return JsonNode.Parse(text.Length == 0 ? "{}" : text)!;
    }
}
