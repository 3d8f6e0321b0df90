// The rows of this pack's release from a goldserve server, for Power BI and Excel: paste it into the advanced editor.
// Rows come page by page. A server that is overloaded or starting is asked again after the time that its Retry-After names.
let
    Server = "http://127.0.0.1:8080",
    First = "@PATH@" & "&limit=1000",
    Columns = {"@COLUMNS@"},
    Tries = 8,

    Wait = (response as binary, tried as number) as duration =>
        let
            Header = try Value.Metadata(response)[Headers][#"Retry-After"] otherwise null,
            Seconds = try Number.From(Header) otherwise null
        in
            #duration(0, 0, 0, List.Min({60, if Seconds <> null then Seconds else Number.Power(2, tried)})),

    // IsRetry keeps Power Query from answering a second try with the first one's answer.
    Get = (path as text, tried as number) as record =>
        let
            Options = [RelativePath = Text.TrimStart(path, "/"), ManualStatusHandling = {429, 503}, Headers = [Accept = "application/json"], IsRetry = tried > 0],
            Response = Web.Contents(Server, Options),
            Status = Value.Metadata(Response)[Response.Status],
            Result =
                if Status <> 429 and Status <> 503 then
                    Json.Document(Response)
                else if tried + 1 >= Tries then
                    error Error.Record("goldserve", "the server answers " & Text.From(Status), path)
                else
                    Function.InvokeAfter(() => @Get(path, tried + 1), Wait(Response, tried))
        in
            Result,

    // meta.next is the path of the next page; there is none after the last.
    Next = (page as record) as nullable text => try page[meta][next] otherwise null,
    Pages = List.Generate(
        () => Get(First, 0),
        each _ <> null,
        each if Next(_) = null then null else Get(Next(_), 0),
        each [data]
    ),
    Rows = Table.FromRecords(List.Combine(Pages), Columns, MissingField.UseNull)
in
    Rows
