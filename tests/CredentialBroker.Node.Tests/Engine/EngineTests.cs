using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using CredentialBroker.Node.Tests.TestInfra;

namespace CredentialBroker.Node.Tests.Engine;

/// <summary>The gate before a real engine, and the whole way from there to a credential and its end.</summary>
public sealed class EngineTests(HostRig rig, Xunit.Abstractions.ITestOutputHelper output) : IClassFixture<HostRig>
{
    private const string Plain = """{"Image":"t/busybox:1","Cmd":["sleep","600"],"HostConfig":{"NetworkMode":"none"}}""";

    [EngineFact]
    public async Task R24_A_container_is_created_approved_started_claims_dies_and_its_lease_ends()
    {
        var id = await CreateAsync("ci", Plain);
        Assert.Equal(HttpStatusCode.NoContent, (await StartAsync("ci", id)).Status);

        var approval = (await rig.Scene.OperatorAsync(HttpMethod.Get, "/v1/approvals")).Json.GetProperty("approvals").EnumerateArray().Single(one => one.GetProperty("instance").GetString() == id);
        Assert.Equal(("ci", "standard", $"docker://{HostRig.Host}/{rig.Engine.Image}"), (approval.GetProperty("requester").GetString(), approval.GetProperty("tier").GetString(), approval.GetProperty("workload").GetString()));

        var (lease, token) = await ClaimAsync(id);
        Assert.Equal(HttpStatusCode.NoContent, (await rig.Engine.AsAsync("ci", HttpMethod.Post, $"/containers/{id}/kill")).Status);
        var ended = await rig.Scene.LeaseUntilAsync(lease, "ended");
        Assert.Equal("task_end", ended.GetProperty("cause").GetString());

        // Its evidence is good for a while yet; what it could claim is over.
        Assert.Equal(HttpStatusCode.Forbidden, (await rig.Scene.ClaimAsync(token, HostRig.Template)).Status);
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
        Assert.Equal(0, await DockerAsync("ci", folder, "ps"));
        Assert.Equal(0, await DockerAsync("ci", folder, "rm", "-f", "cli"));
        Assert.Equal(0, await DockerAsync("ci", folder, "run", "--rm", "--network", "none", "t/busybox:1", "true"));
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
        var reply = await rig.Scene.ClaimAsync(token, HostRig.Template);
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
