using CredentialBroker.Protocol;
using CredentialBroker.WebConsole.Sessions;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Http.HttpResults;

namespace CredentialBroker.WebConsole.Frame;

/// <summary>One request of somebody who is signed in, with the API as that person sees it.</summary>
internal sealed record Visit(HttpContext Http, Session Session, BrokerClient Api)
{
    public CancellationToken Cancel => Http.RequestAborted;

    /// <summary>Where the page that is shown lives, when what was asked for is an act that was refused.</summary>
    public string? Address { get; set; }

    public IQueryCollection Query => Http.Request.Query;

    /// <summary>Whether the page asks for itself anew, to stay fresh.</summary>
    public bool IsRefresh => Http.Request.Headers.ContainsKey("X-Refresh");

    public Task<IFormCollection> FormAsync() => Http.Request.ReadFormAsync(Cancel);

    /// <summary>A page within the frame; its component takes the frame and these parameters.</summary>
    public IResult Page<T>(string title, string section, BrokerException? refusal, params (string Name, object? Value)[] parameters) where T : IComponent
    {
        if (refusal is not null) Http.Response.StatusCode = (int)refusal.Status >= 400 ? (int)refusal.Status : StatusCodes.Status502BadGateway;
        return Pages.Render<T>(Pages.FrameOf(Http, title, Session) with { Section = section, Refusal = refusal, Address = HttpMethods.IsPost(Http.Request.Method) ? Address ?? section : null, Notice = IsRefresh ? null : Session.TakeNotice() }, parameters);
    }

    /// <summary>After an act: the browser asks for a page, so that loading it again does nothing twice.</summary>
    public IResult GoTo(string address, string? notice = null)
    {
        if (notice is not null) Session.Tell(notice);
        return new SeeOther(address);
    }

    private sealed class SeeOther(string address) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext)
        {
            httpContext.Response.StatusCode = StatusCodes.Status303SeeOther;
            httpContext.Response.Headers.Location = address;
            return Task.CompletedTask;
        }
    }
}
