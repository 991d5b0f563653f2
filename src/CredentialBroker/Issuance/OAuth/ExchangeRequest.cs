namespace CredentialBroker.Issuance.OAuth;

/// <summary>A token exchange as asked for (RFC 8693 section 2.1); nothing in it is proven.</summary>
/// <param name="SubjectToken">The workload's evidence.</param>
/// <param name="ActorToken">Evidence of who acts for it.</param>
/// <param name="Audience">Whom the token is to be for.</param>
/// <param name="Template">The template that is meant, where the client names it.</param>
/// <param name="Scopes">Scopes of the template, by name or text.</param>
/// <param name="IssuedType">Type of what is issued, as the answer says it.</param>
internal sealed record ExchangeRequest(
    string SubjectToken, string? ActorToken, string? Audience, string? Template, IReadOnlyList<string> Scopes, string IssuedType)
{
    public const string GrantType = "urn:ietf:params:oauth:grant-type:token-exchange";

    private const string AccessToken = "urn:ietf:params:oauth:token-type:access_token";
    private const string IdToken = "urn:ietf:params:oauth:token-type:id_token";
    private const string Jwt = "urn:ietf:params:oauth:token-type:jwt";

    /// <summary>A <c>resource</c> that names a template, where an audience alone fits several.</summary>
    private const string TemplateUrn = "urn:credentialbroker:template:";

    /// <exception cref="BadHttpRequestException">A parameter is missing, or has a value that cannot be meant.</exception>
    public static ExchangeRequest Read(OAuthForm form)
    {
        var subject = form["subject_token"] ?? throw new BadHttpRequestException("subject_token is missing");
        RequireType(form, "subject_token_type");
        var actor = form["actor_token"];
        if (actor is not null) RequireType(form, "actor_token_type");
        else if (form["actor_token_type"] is not null) throw new BadHttpRequestException("actor_token_type comes with an actor_token");

        var issued = form["requested_token_type"] ?? AccessToken;
        if (issued is not (AccessToken or Jwt)) throw new BadHttpRequestException("requested_token_type must be access_token or jwt: no other kind is issued here");

        var (audience, resource) = (form["audience"], form["resource"]);
        var template = resource?.StartsWith(TemplateUrn, StringComparison.Ordinal) == true ? resource[TemplateUrn.Length..] : null;
        if (template is null && resource is not null)
        {
            if (audience is not null && audience != resource) throw new BadHttpRequestException("audience and resource differ; a token is for one of them");
            audience = resource;
        }

        if (audience is null && template is null) throw new BadHttpRequestException("say by audience or resource whom the token is for");
        return new ExchangeRequest(subject, actor, audience, template, form["scope"]?.Split(' ', StringSplitOptions.RemoveEmptyEntries) ?? [], issued);
    }

    private static void RequireType(OAuthForm form, string name)
    {
        if (form[name] is not (AccessToken or IdToken or Jwt)) throw new BadHttpRequestException($"{name} must be jwt, id_token or access_token");
    }
}
