using System.Net;
using CredentialBroker.TestInfra;
using CredentialBroker.Tests.Refusals;
using CredentialBroker.Tests.TestInfra;

namespace CredentialBroker.Tests.Exceptions;

/// <summary>Requests that are in order; a test changes the member it is about.</summary>
internal static class Asks
{
    public static readonly object Owners = new { runtime = "team-shop", policy = "team-security", @operator = "team-sre" };

    public static object Exception(
        object? may = null, object? owners = null, string reason = "slow migration", string ticket = "INC-77", string @for = "1h", string template = "token", string? selector = null) =>
        new { templates = new[] { template }, may = may ?? new { ttl = "10m" }, owners = owners ?? Owners, reason, ticket, @for, selector };

    public static object Risk(string name = "outage", string @for = "2h", params string[] templates) =>
        new { name, templates, owners = Owners, reason = "move of the policy point", ticket = "RISK-12", @for };

    public static object BreakGlass(string pod, string template = "token", string? @for = "30m") =>
        new { template, workload = "k8s://cluster/shop/checkout", instance = pod, reason = "the gate is down", ticket = "INC-78", @for };

    public static async Task<string> IdAsync(Task<Reply> created)
    {
        var reply = await created;
        Assert.True(reply.Status == HttpStatusCode.Created, reply.Body);
        return reply.Json.GetProperty("id").GetString()!;
    }

    public static async Task DoneAsync(Task<Reply> done)
    {
        var reply = await done;
        Assert.True(reply.Status == HttpStatusCode.OK, reply.Body);
    }

    public static async Task<(NamedOperator Alice, NamedOperator Bob)> PeopleAsync(HostileScene hostile) =>
        (await NamedOperator.AddAsync(hostile.Broker, "alice"), await NamedOperator.AddAsync(hostile.Broker, "bob"));
}
