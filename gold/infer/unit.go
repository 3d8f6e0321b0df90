package infer

import (
	"slices"
	"strings"

	"goldserve/gold"
)

// currencies are the codes of ISO 4217 that are in use or were until lately, those of metals and funds left out.
var currencies = strings.Fields(`AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLP CNY COP CRC CUC CUP CVE CZK DJF
	DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HRK HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW
	KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRO MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN
	PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SLL SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VED
	VEF VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG`)

// isCurrency reports whether a text is the code of a currency.
func isCurrency(text []byte) bool {
	if len(text) != 3 || text[0] < 'A' || text[0] > 'Z' {
		return false
	}
	_, found := slices.BinarySearch(currencies, string(text))
	return found
}

// Words of columns that hold a currency.
var currencyWords = []string{"currency", "ccy", "curr", "devise", "monnaie", "wahrung", "waehrung", "moneda", "divisa", "valuta", "moeda", "waluta"}

// Words of numbers that are amounts of money.
var moneyWords = []string{
	"amount", "montant", "betrag", "importe", "importo", "bedrag", "valor", "price", "prix", "preis", "precio", "prezzo", "prijs", "preco", "revenue", "turnover",
	"umsatz", "ca", "ingreso", "fatturato", "omzet", "sale", "vente", "venta", "cost", "cout", "kosten", "costo", "coste", "fee", "frais", "gebuhr", "subtotal",
	"payment", "paiement", "zahlung", "pago", "paid", "salary", "salaire", "gehalt", "sueldo", "wage", "rent", "loyer", "miete", "budget", "balance", "solde",
	"saldo", "debit", "credit", "tax", "vat", "tva", "mwst", "iva", "spend", "spending", "expense", "depense", "ausgabe", "gasto", "income", "profit", "refund",
	"deposit", "tip", "charge", "fare", "premium", "gmv", "mrr", "ltv", "monetary",
}

// Words of numbers that are amounts of money where the name ends with them: order_total, not total_orders.
var lastMoneyWords = []string{"total", "value", "sum", "summe", "valeur", "wert", "gross", "net", "brut", "brutto", "netto"}

// Words of numbers that are none, although they may have such a word as well; base and the like are in a currency of their own.
var notMoney = []string{
	"rate", "ratio", "pct", "percent", "percentage", "prozent", "share", "taux", "count", "number", "num", "nb", "qty", "quantity", "score", "rank",
	"index", "growth", "base", "converted", "reporting", "prob", "probability", "recency",
}

// findUnits finds the amounts of money that a column of currencies is the unit of. Where all rows have one currency, that is it.
func (d *Dataset) findUnits() {
	var columns, amounts []*Field
	for _, f := range d.Fields {
		switch {
		case f.holdsCurrencies():
			columns = append(columns, f)
		case f.isMoney():
			amounts = append(amounts, f)
		}
	}
	for _, f := range amounts {
		of := f.currencyOf(columns)
		if of == nil && len(columns) == 1 && !slices.ContainsFunc(amounts, func(o *Field) bool { return o.currencyOf(columns) != nil }) {
			of = columns[0]
		}
		switch {
		case of == nil:
		case of.profile.nulls == 0 && len(of.profile.values) == 1:
			f.Doc.Unit = of.profile.listed()[0]
		default:
			f.Doc.UnitField = of.Name
		}
	}
}

// holdsCurrencies reports whether a column is named like one of currencies, and holds nothing else.
func (f *Field) holdsCurrencies() bool {
	return f.Kind == gold.Text && !f.PII && f.profile.share(currencyShape) == 1 &&
		slices.ContainsFunc(words(f.spoken), func(w string) bool { return slices.Contains(currencyWords, bare(w)) })
}

// bare is a word in the singular, without an identifying word at its end: currencycode and currencies are currency.
func bare(word string) string {
	word, _ = unglue(word)
	return singular(word)
}

// isMoney reports whether a number's name says that it is an amount of money, in a currency that it does not name.
func (f *Field) isMoney() bool {
	said := words(f.spoken)
	if !f.Kind.Measurable() || f.PII || f.identifies() || len(said) == 0 || hasWord(f.spoken, notMoney...) {
		return false
	}
	if slices.ContainsFunc(said, func(w string) bool {
		return w != "all" && w != "top" && w != "try" && isCurrency([]byte(strings.ToUpper(w)))
	}) {
		return false // amount_usd
	}
	return hasWord(f.spoken, moneyWords...) || slices.Contains(lastMoneyWords, singular(said[len(said)-1]))
}

// mixesUnits reports whether measures of groups add or compare amounts in different units.
func (d *Dataset) mixesUnits(measures []gold.Measure, by []gold.Group) bool {
	set := gold.Dataset{Name: d.Name}
	for _, f := range d.Fields {
		set.Fields = append(set.Fields, f.Field)
	}
	return slices.ContainsFunc(measures, func(m gold.Measure) bool { return set.MixedUnits(m, by, nil) != "" })
}

// currencyOf returns the column of currencies that belongs to an amount by the words of their names: price_currency to price, and
// currency to all that have none of their own. nil: none, or several may.
func (f *Field) currencyOf(columns []*Field) *Field {
	said := words(f.spoken)
	var own, common []*Field
	for _, c := range columns {
		about := slices.DeleteFunc(words(c.spoken), func(w string) bool {
			return slices.Contains(currencyWords, bare(w)) || slices.Contains(identifying, w) || w == "iso"
		})
		switch {
		case len(about) == 0:
			common = append(common, c)
		case !slices.ContainsFunc(about, func(w string) bool { return !slices.Contains(said, w) }):
			own = append(own, c)
		}
	}
	if len(own) == 0 {
		own = common
	}
	if len(own) != 1 {
		return nil
	}
	return own[0]
}

// lookAtUnits says which amounts are not added where their currencies differ.
func (d *Dataset) lookAtUnits() (list []string) {
	for _, c := range d.Fields {
		var amounts []string
		for _, f := range d.Fields {
			if f.Doc.UnitField == c.Name {
				amounts = append(amounts, f.Name)
			}
		}
		if len(amounts) > 0 {
			list = append(list, d.Name+": amounts in the currencies of "+c.Name+" are not added across them: "+strings.Join(amounts, ", "))
		}
	}
	return list
}
