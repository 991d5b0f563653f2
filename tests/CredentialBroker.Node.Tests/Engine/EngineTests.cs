using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using CredentialBroker.Node.Tests.TestInfra;

namespace CredentialBroker.Node.Tests.Engine;

/// <summary>The gate before a real engine, and the whole way from there to a credential and its end.</summary>
public sealed class EngineTests(HostRig rig) : IClassFixture<HostRig>
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
