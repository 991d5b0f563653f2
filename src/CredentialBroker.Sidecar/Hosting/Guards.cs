using System.Net;
using CredentialBroker.Sidecar.FrontEnds;
using Microsoft.AspNetCore.Connections.Features;

namespace CredentialBroker.Sidecar.Hosting;

/// <summary>
/// Stands before every front end. A credential is handed to a process beside this one: not to a browser that was lured to
/// a loopback address, not through a proxy, not to another user of a shared socket.
/// </summary>
internal static class Guards
{
    private static readonly string[] Forwarding = ["Forwarded", "Via", "X-Real-IP", "Origin", "Sec-Fetch-Site"];

    public static async Task AnswerAsync(HttpContext http)
    {
        if (http.Features.Get<HttpFrontEnd>() is not { } frontEnd)
        {
            http.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        try
        {
            if (Wrong(http, frontEnd) is var (status, code, message)) await frontEnd.RefuseAsync(http, status, code, message);
            else await frontEnd.AnswerAsync(http);
        }
        catch (BadHttpRequestException wrong) when (!http.Response.HasStarted)
        {
            await frontEnd.RefuseAsync(http, wrong.StatusCode, "request_malformed", "the request is malformed");
        }
    }

    private static (int Status, string Code, string Message)? Wrong(HttpContext http, HttpFrontEnd frontEnd)
    {
        var request = http.Request;
        if (!IsAllowed(request.Host, frontEnd)) return (StatusCodes.Status403Forbidden, "host_refused", "the Host header names another machine");
        if (request.Headers.Keys.Any(name => Forwarding.Contains(name, StringComparer.OrdinalIgnoreCase) || name.StartsWith("X-Forwarded", StringComparison.OrdinalIgnoreCase)))
        {
            return (StatusCodes.Status403Forbidden, "forwarded_refused", "forwarded requests, and browsers', are refused");
        }

        if (frontEnd.Socket is not null && !IsPeerAllowed(http, frontEnd)) return (StatusCodes.Status403Forbidden, "peer_refused", "this user may not ask here");
        var longest = frontEnd.LongestBody(request.Method);
        if (request.ContentLength is null ? request.Headers.TransferEncoding.Count > 0 : request.ContentLength > longest)
        {
            return (StatusCodes.Status400BadRequest, "request_malformed", longest == 0 ? "no body belongs here" : $"a body has at most {longest} bytes, and says how many");
        }

        return null;
    }

    private static bool IsAllowed(HostString host, HttpFrontEnd frontEnd)
    {
        if (frontEnd.Listen is not { } listen) return !host.HasValue || host.Host is "localhost" or "credbroker";
        if (host.Port is { } port && port != frontEnd.Port) return false;
        if (host.Port is null && frontEnd.Port != 80) return false;
        var name = host.Host.Trim('[', ']');
        return name.Equals("localhost", StringComparison.OrdinalIgnoreCase) || frontEnd.Hosts.Contains(name, StringComparer.OrdinalIgnoreCase)
            || (IPAddress.TryParse(name, out var address) && address.Equals(listen.Address));
    }

    private static bool IsPeerAllowed(HttpContext http, HttpFrontEnd frontEnd) =>
        http.Features.Get<IConnectionSocketFeature>() is { } connection && PeerCredentials.UserOf(connection.Socket) is { } user
        && (user == PeerCredentials.Own() || frontEnd.Users.Contains(user));
}
