using System.Text;
using CredentialBroker.Hosting;
using CredentialBroker.TestInfra;

namespace CredentialBroker.Tests.Operators;

/// <summary>Every row of the access table, tried over HTTP by every kind of caller: what opens is what the table says, and nothing else.</summary>
public sealed class AccessMatrixTests
{
    /// <summary>Who asks, and the operator's role where there is one.</summary>
    private sealed record Caller(string Name, string? Bearer, Role? Role = null, bool Narrow = false, bool Workload = false);

    [Fact]
    public async Task Every_route_opens_for_whom_the_table_says_and_for_nobody_else()
    {
        await using var scene = await OperatorScene.StartAsync(templates: SceneFolder.Token());
        var pod = scene.Scene.NewPod();
        Caller[] callers =
        [
            new("nobody", null), new("garbage", "garbage"), new("another bootstrap token", "cbo_" + new string('0', 64)),
            new("a workload", scene.Scene.Token(pod), Workload: true),
            new("an operator's token for another audience", scene.Token("eve", "admins", ("aud", "someone-else"))),
            new("the issuer's token for workloads' audience", scene.Token("eve", "admins", ("aud", Scene.Audience))),
            new("auditor", scene.Token("ann", "auditors"), Role.Auditor), new("platform", scene.Token("pat", "platform"), Role.Platform),
            new("responder", scene.Token("rob", "responders"), Role.Responder), new("narrowed admin", scene.Token("nan", "test-admins"), Role.Admin, Narrow: true),
            new("bootstrap", (await File.ReadAllTextAsync(scene.Folder.TokenFile)).Trim(), Role.Admin), new("admin", scene.Token("adam", "admins"), Role.Admin),
        ];
        var failures = new List<string>();
        foreach (var caller in callers)
        {
            foreach (var row in AccessTable.Rows)
            {
                var reply = await SendAsync(scene.Scene, row, caller.Bearer);
                if (Expected(row, caller) is { } wanted && !wanted(reply)) failures.Add($"{row.Method} {row.Route} as {caller.Name}: {(int)reply.Status} {reply.Code} {reply.Body}");
            }
        }

        Assert.True(failures.Count == 0, string.Join('\n', failures));
    }

    private static Func<Reply, bool> Expected(AccessRow row, Caller caller) => (row.Audience, caller) switch
    {
        (Audience.Operator, { Role: null }) => reply => (int)reply.Status == 401 && reply.Code == "operator_unknown",
        (Audience.Operator or Audience.WorkloadOrOperator, { Role: { } role }) when role != Role.Admin && !row.Roles.Contains(role) => Forbidden,
        (Audience.Operator or Audience.WorkloadOrOperator, { Narrow: true }) when !row.Narrows => Forbidden,
        (Audience.Operator, _) => reply => Opened(reply) || (caller.Narrow && Forbidden(reply) && row.Method != "GET"),
        // Whoever proves no operator there is judged as a workload: by evidence, never as an operator.
        (Audience.WorkloadOrOperator, { Role: null, Workload: false }) => reply => (int)reply.Status == 401,
        (Audience.WorkloadOrOperator, _) => reply => Opened(reply) || (caller.Narrow && Forbidden(reply)),
        (Audience.Workload, { Workload: false }) => reply => (int)reply.Status == 401 && reply.Code!.StartsWith("evidence_", StringComparison.Ordinal),
        (Audience.Workload, _) => reply => (int)reply.Status != 401,
        _ => reply => (int)reply.Status is not (401 or 403),
    };

    private static bool Forbidden(Reply reply) => (int)reply.Status == 403 && reply.Code == "operator_forbidden";

    private static bool Opened(Reply reply) => (int)reply.Status != 401 && reply.Code != "operator_forbidden";

    private static Task<Reply> SendAsync(Scene scene, AccessRow row, string? bearer)
    {
        var path = row.Route.Replace("{id}", "x", StringComparison.Ordinal).Replace("{source}", "x", StringComparison.Ordinal);
        return row.Stays ? scene.OpenAsync(path, bearer) : scene.SendAsync(new HttpMethod(row.Method), path, bearer, Body(row), ("Idempotency-Key", "matrix"));
    }

    private static StringContent? Body(AccessRow row) => row switch
    {
        { Route: "/v1/approvals/{source}" } => new StringContent("x", Encoding.ASCII, "application/jose"),
        { Method: "POST", Route: "/v1/leases" } => new StringContent("""{"template":"token"}""", Encoding.UTF8, "application/json"),
        { Route: "/v1/leases/{id}/renew" } => null,
        { Method: "POST" or "PUT" } => new StringContent("{}", Encoding.UTF8, "application/json"),
        _ => null,
    };
}
